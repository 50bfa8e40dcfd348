# SPDX-License-Identifier: MIT
defmodule MyApp.SplitTest do
  use Epmdpxy.Case, nodes: 3, apps: [:my_app]

  @tag cut: [[:n1], [:n2, :n3]]
  test "only a majority serves", %{nodes: nodes} do
    assert serving(nodes) == [false, true, true]
    :ok = Epmdpxy.heal()
    assert serving(nodes) == [true, true, true]
  end

  defp serving(nodes), do: Enum.map(nodes, &Epmdpxy.call(&1, MyApp, :serves?))
end
