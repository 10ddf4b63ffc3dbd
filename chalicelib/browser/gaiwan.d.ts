/**
 * Types of gaiwan.js, the module that a Gaiwan server gives to its web pages.
 *
 *     import { me, signIn } from "https://wx.brand.com/h5/gaiwan.js?account=tea";
 *     const visitor = (await me()) ?? (await signIn());
 *     document.body.append(`您好，${visitor.openid}`);
 *
 * `account` is the alias of the Official Account. A page that works with two accounts imports the module twice, once
 * for each. On pages of the server's own origin the visitor is known by a cookie; on other sites, whose origin must be
 * on the account's list, by a ticket in the address, exchanged under PKCE, and an ID token in sessionStorage. Import it
 * where the page begins: WeChat on iOS checks JS-SDK signatures against the address that the page was opened at.
 *
 * TypeScript does not load types from an address. Save this file, and tell it what the address holds:
 *
 *     declare module "https://wx.brand.com/h5/gaiwan.js?account=tea" {
 *       export * from "./gaiwan";
 *     }
 */

/** Who is signed in. */
export interface Identity {
  signed_in: true;
  /** Names the person for this account alone. */
  openid: string;
  /** Names the person for all accounts of one Open Platform account; "" where WeChat tells none. */
  unionid: string;
  /** Whether the person follows the account. */
  follower: boolean;
  /** Opened in WeChat's snapshot mode: `openid` stands for nobody, keep nothing under it. */
  virtual: boolean;
  /** What the person allowed: `snsapi_userinfo` includes nickname and picture. */
  scope: "snsapi_base" | "snsapi_userinfo";
  /** "" unless allowed. */
  nickname: string;
  /** The address of a picture, "" unless allowed. */
  picture: string;
  /** When they signed in, in unix seconds. */
  since: number;
}

export interface SignInOptions {
  /** Ask for nickname and picture as well, for which WeChat shows a page of consent. Without it signing in is silent. */
  profile?: boolean;
  /**
   * Where to go afterwards: a page of this very origin, which keeps what the sign-in began with. This page if it is left
   * out. The name `ticket` in its query is reserved: what your page has under it is replaced.
   */
  then?: string;
}

export interface JssdkOptions {
  /** WeChat shows an alert with the outcome of each call. */
  debug?: boolean;
  /** Open tags that the page uses, such as `wx-open-launch-weapp`. */
  openTags?: string[];
}

/**
 * Who is here, or null. Never navigates, and asks once however many call it at the same time.
 *
 * On another site the ticket of a sign-in that began in this tab is exchanged and leaves the address; later calls use
 * the ID token, for ten minutes. A ticket that was used before, or began elsewhere, counts as nothing.
 *
 * Rejects with an `Error` that says why if the server cannot be reached, does not list this site, or has a problem.
 */
export function me(): Promise<Identity | null>;

/**
 * Leave for WeChat's sign-in, and come back to `then`. It never resolves, as the page is gone.
 *
 * Rejects if the browser keeps no sessionStorage or the page is not on https: another site needs both.
 */
export function signIn(options?: SignInOptions): Promise<never>;

/** End the visit, here and at the server. The page stays; the next `me()` resolves to null. */
export function signOut(): Promise<void>;

/**
 * Load WeChat's JS-SDK, sign this page and configure it. Resolves to `wx` when the apis may be used; may be called again
 * after a single-page app has moved to another address.
 *
 * Rejects with WeChat's own words, such as `config:invalid url domain`, or after 9 s without an answer, as in a browser
 * that is not WeChat's. `invalid signature` is tried once more with a new signature before it is told.
 *
 * @param apis names for `jsApiList`, such as `updateAppMessageShareData`
 */
export function configureJssdk(apis: string[], options?: JssdkOptions): Promise<any>;
