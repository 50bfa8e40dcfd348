# SPDX-License-Identifier: MIT
defmodule Epmdpxy.CaseTest do
  use ExUnit.Case

  test "options that it does not know" do
    assert_raise ArgumentError, ~r/no option :node$/, fn ->
      Code.eval_string("defmodule Epmdpxy.Unknown do use Epmdpxy.Case, node: 3 end")
    end
  end

  # Tests come in any order, and each finds the cluster whole.
  defmodule Named do
    use Epmdpxy.Case, nodes: [:left, :n1, :right], apps: [:crypto], ticktime: 5

    setup context do
      if context[:cut] == nil do
        :ok = Epmdpxy.await({:mesh, context.nodes}, 100)
        assert {:ok, []} = Epmdpxy.rules()
      end

      :ok
    end

    defp sees(node), do: Enum.sort(Epmdpxy.call(node, :erlang, :nodes))

    test "nodes are as they were asked for", %{nodes: [left, n1, right]} do
      assert Enum.map([left, n1, right], &hd(String.split(to_string(&1), "@"))) == ~w(left n1 right)
      assert List.keymember?(Epmdpxy.call(left, :application, :which_applications), :crypto, 0)
      assert Epmdpxy.call(right, :net_kernel, :get_net_ticktime) == 5
      # The code of this project, too.
      assert Epmdpxy.call(n1, Epmdpxy.Error, :exception, [[reason: :any]]) == %Epmdpxy.Error{reason: :any}
    end

    # n1 is the node of that name, n3 the third.
    @tag cut: [[:left, :n3], :n1]
    test "a tag splits", %{nodes: [left, n1, right]} do
      assert {sees(left), sees(n1)} == {[right], []}
    end

    @tag cut: {["left", [:n1, :right]], redial: :refuse}
    test "a tag has options", %{nodes: [left, _, right]} do
      assert sees(left) == []
      assert Epmdpxy.call(left, :net_kernel, :connect_node, [right], 2000) == false
    end

    test "a test may leave a cut", %{nodes: [left | others]} do
      {:ok, _} = Epmdpxy.sever([left, others])
    end

    test "... that is nobody's", %{nodes: [left | others]} do
      {:ok, _} = Epmdpxy.sever([left, others], owner: :none)
    end

    test "... or a fault that is", %{nodes: nodes} do
      {:ok, _} = Epmdpxy.fault(:hide, [], nodes: nodes, owner: :none)
    end

    test "... or a split that comes and goes" do
      {:ok, _} = Epmdpxy.flap(:halves, period: 50)
    end
  end

  defmodule Alone do
    use Epmdpxy.Case

    test "without nodes of its own", context do
      assert context.nodes == []
      # Those of the modules before have ended.
      assert {:ok, %{nodes: []}} = Epmdpxy.status()
    end
  end
end
