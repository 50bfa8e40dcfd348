# SPDX-License-Identifier: MIT
defmodule EpmdpxyTest do
  use Epmdpxy.Case, nodes: 3, args: ["-greeting", "hello"], env: %{"COLOUR" => "red"}, seed: 4711

  defp sees(node), do: Epmdpxy.call(node, :erlang, :nodes)

  test "is all of the Erlang module" do
    ours = (Epmdpxy.__info__(:functions) ++ Epmdpxy.__info__(:macros)) |> Keyword.keys()
    theirs = :epmdpxy.module_info(:exports) |> Keyword.keys()
    assert (theirs -- [:module_info, :module_info]) |> Enum.uniq() |> Enum.reject(&(&1 in ours)) == []
  end

  test "strings and keywords are taken for what Erlang wants", %{nodes: [a, b, _]} do
    assert Epmdpxy.call(a, :init, :get_argument, [:greeting]) == {:ok, [['hello']]}
    assert Epmdpxy.call(b, System, :get_env, ["COLOUR"]) == "red"
    assert Epmdpxy.env() == [{"ERL_EPMD_PORT", to_string(Epmdpxy.port())}]
    assert {:ok, %{ids: [_]}} = Epmdpxy.cut([to_string(a), [b]], mode: :drop, for: "10s")
    assert {:ok, _} = Epmdpxy.start(%{seed: 1})
    assert {:ok, %{seed: 4711}} = Epmdpxy.info()
  end

  test "severs and heals, and returns when it is so", %{nodes: [a, b, c]} do
    {:ok, cut} = Epmdpxy.sever([a, [b, c]])
    assert {sees(a), sees(b), sees(c)} == {[], [c], [b]}
    assert {:ok, %{cables: 2}} = Epmdpxy.effect(cut)
    assert :ok = Epmdpxy.heal([a, [b, c]])
    assert Enum.sort(sees(a)) == [b, c]
    {:ok, _} = Epmdpxy.isolate(b)
    assert {sees(a), sees(b)} == {[c], []}
    assert :ok = Epmdpxy.heal()
  end

  test "with_cut runs a block or a fun in a cluster that is split, and heals", %{nodes: [a, b, c]} do
    seen =
      with_cut [[a], [b, c]] do
        sees(a)
      end

    assert seen == []
    assert with_cut([a, b, c], [redial: :refuse], fn -> sees(c) end) == []

    assert_raise RuntimeError, fn ->
      with_cut [a, [b, c]], redial: :refuse do
        raise "inside"
      end
    end

    assert :ok = Epmdpxy.await({:mesh, [a, b, c]}, 100)
    assert {:ok, []} = Epmdpxy.rules()
  end

  test "cables are cut in silence", %{nodes: [a, b, _]} do
    assert :ok = Epmdpxy.cut_cables(a, b)
    assert b in sees(a)
    assert :ok = Epmdpxy.fix_cables(a, b)
    assert Epmdpxy.call(a, :erpc, :call, [b, :erlang, :node, []]) == b
  end

  test "faults are added, have effects, and go", %{nodes: [a, b, _]} do
    took =
      Epmdpxy.with_faults([{:latency, [delay: 60], from: a, to: b}], fn ->
        {took, ^b} = Epmdpxy.call(a, :timer, :tc, [:erpc, :call, [b, :erlang, :node, []]])
        took
      end)

    assert took >= 60_000
    {:ok, rule} = Epmdpxy.fault(:hide, %{}, nodes: [a])
    assert {:ok, [%{fault: :hide}]} = Epmdpxy.rules()
    assert :ok = Epmdpxy.remove(rule)
    assert {:ok, []} = Epmdpxy.rules()
  end

  test "suites that call it by other names", %{nodes: [a, b, c]} do
    alias Epmdpxy.Schism
    assert :ok = Epmdpxy.block_traffic_between(a, [b, c])
    assert sees(a) == []
    assert :ok = Epmdpxy.allow_traffic_between(a, [b, c])
    :ok = Epmdpxy.heal()
    assert Schism.partition([a, b]) == [a, b]
    assert {sees(a), sees(c)} == {[b], []}
    assert Epmdpxy.call(c, :net_kernel, :connect_node, [a], 2000) == false
    assert Schism.partition([b], for: "1m") == [b]
    assert {sees(a), sees(b), sees(c)} == {[], [], []}
    assert Schism.heal([b]) == [b]
    assert {sees(a), Enum.sort(sees(b))} == {[b], [a, c]}
    assert Schism.heal([a, b, c]) == [a, b, c]
    assert Enum.sort(sees(c)) == [a, b]
    # Each has a partition of its own; of the last one everything is cut already.
    for node <- [a, b, c], do: assert(Schism.partition([node]) == [node])
    assert {sees(a), sees(b), sees(c)} == {[], [], []}
    assert {:ok, [_, _]} = Epmdpxy.rules()
    # One that is to stay longer is none of these.
    assert Schism.partition([c], owner: :none) == [c]
    assert {:ok, rules} = Epmdpxy.rules()
    assert Enum.any?(rules, &(not is_map_key(&1, :lease)))
    assert Schism.heal([a, b, c]) == [a, b, c]
    assert_raise Epmdpxy.Error, fn -> Schism.partition([a, b, c]) end
  end

  test "what is wrong is said in words", %{nodes: [a | _]} do
    assert {:error, {:unknown, [:n7]}} = Epmdpxy.sever([a, :n7])
    assert {:error, {:bad_option, :modus}} = Epmdpxy.cut([a, :n7], modus: :hold)
    assert {:error, {:bad_option, [1]}} = Epmdpxy.cut([a, :n7], [1])
    for wrong <- [:foo, "4369", [1]], do: assert({:error, {:bad_option, ^wrong}} = Epmdpxy.start(wrong))
    assert {:error, {:bad_option, {:port, 99_999}}} = Epmdpxy.start(port: 99_999)
    assert Epmdpxy.format_error({:unknown, [:n7]}) =~ "no node has registered as n7"
    assert_raise Epmdpxy.Error, ~r/registered as n7/, fn -> Epmdpxy.cut_cables(a, "n7") end
    assert_raise Epmdpxy.Error, ~r/registered as n7/, fn -> Epmdpxy.call(:n7, :erlang, :node) end
    assert_raise ArgumentError, fn -> Epmdpxy.call(a, :erlang, :atom_to_list, [1]) end
  end

  test "the history tells what was done", %{nodes: [a, b, c]} do
    mark = Epmdpxy.mark()
    {:ok, _} = Epmdpxy.sever([a, [b, c]])
    assert Epmdpxy.history(mark) =~ ~r/seed 4711\n.*-> cut sever  #{a} | #{b},#{c}\n/
    assert {:ok, %{event: :cable_down}} = Epmdpxy.await({:event, :cable_down, mark}, 1000)
    assert :ok = Epmdpxy.await(:settled, 2000)
  end
end
