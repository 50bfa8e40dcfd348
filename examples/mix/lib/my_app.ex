# SPDX-License-Identifier: MIT
defmodule MyApp do
  @nodes 3

  @doc "Does this node see a majority?"
  def serves?, do: 2 * (1 + length(Node.list())) > @nodes
end
