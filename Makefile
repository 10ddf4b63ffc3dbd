# The doors of the house. Each sets up what it needs by itself; all you need first is Python 3.11 or newer and make.
SHELL := /bin/sh
PYTHON := .venv/bin/python
# Most tests wait for a clock or a socket, so more run at once than there are cores.
TESTS := $(PYTHON) -m pytest -n 4 --dist worksteal
.DEFAULT_GOAL := help
.PHONY: help run test demo check e2e e2e-full bench lock clean setup

help:  ## what there is
	@grep -E '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:[^#]*## / \t/' | expand -t 10

setup:
	@sh ops/setup.sh

run: setup  ## 启动整套本地环境 / the whole of Gaiwan on this machine (FRESH=1 forgets what it kept)
	@exec $(PYTHON) -m ops.local

test: setup  ## 运行测试 / the tests
	@exec $(TESTS)

demo: setup  ## 茶店的一天 / a day in the life of the tea shop, played against a fresh local stack
	@exec $(PYTHON) -m ops.demo

check: setup  ## 提交前的唯一关卡 / format, lint, types, tests: the one gate before a commit
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m mypy
	@$(TESTS)

e2e: setup  ## 真部署到模拟的 AWS（IAM 开启）/ the real deploy onto an emulated AWS with IAM on, and a day there (TRANSCRIPT=FILE)
	@exec $(PYTHON) -m ops.e2e $(if $(TRANSCRIPT),--transcript $(TRANSCRIPT))

e2e-full: setup  ## 逐条去掉每条权限 / the same, then every statement of every role taken away, one at a time
	@exec $(PYTHON) -m ops.e2e --full $(if $(TRANSCRIPT),--transcript $(TRANSCRIPT))

bench:  ## 性能测量 / the benchmarks, with peers measured in the same run
	@sh ops/setup.sh requirements-bench.txt
	@exec $(PYTHON) -m benchmarks

lock: setup  ## 更新锁文件 / make the requirements files again from ops/requirements/*.in (UPGRADE=1: newest versions)
	@exec $(PYTHON) -m ops.lock $(if $(UPGRADE),--upgrade)

clean:  ## 删除生成物 / remove what was made: .venv, .local, caches
	rm -rf .venv .venv-* .local .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
