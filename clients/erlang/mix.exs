# SPDX-License-Identifier: MIT
defmodule Epmdpxy.MixProject do
  use Mix.Project

  def project do
    [
      app: :epmdpxy,
      version: "0.1.0",
      elixir: "~> 1.14",
      description: "Splits, slows and heals an Erlang cluster by the names of its nodes: the client of the epmdpxy daemon",
      package: [licenses: ["MIT"], links: %{}, files: ~w(lib src mix.exs rebar.config .formatter.exs README.md)]
    ]
  end

  # ExUnit is for Epmdpxy.Case alone.
  def application, do: [registered: [:epmdpxy], extra_applications: [ex_unit: :optional]]
end
