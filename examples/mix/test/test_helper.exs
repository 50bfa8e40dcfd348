# SPDX-License-Identifier: MIT
ExUnit.start(formatters: [ExUnit.CLIFormatter, Epmdpxy.Formatter])
