# SPDX-License-Identifier: MIT
defmodule Epmdpxy.Case do
  @moduledoc """
  A test module with a cluster of its own that can be split; each test finds it whole.

      defmodule MyApp.SplitTest do
        use Epmdpxy.Case, nodes: 3, apps: [:my_app]

        @tag cut: [[:n1], [:n2, :n3]]
        test "a minority does not lead", %{nodes: [a, b, _c]} do
          refute Epmdpxy.call(a, MyApp, :leads?)
          assert Epmdpxy.call(b, MyApp, :leads?)
        end
      end

  It starts epmdpxy, or attaches to the daemon that `epmdpxy exec -- mix test` has started, and stops with the module. After
  each test the rules that it has left are removed, and the cluster is whole again. With a failed test `Epmdpxy.Formatter`
  prints what was cut when; it needs a line in `test_helper.exs`.

  Options:

    * `nodes` - how many, or their names; they end with the module, and are `nodes` in the context
    * `apps`, `ticktime`, `args`, `env`, `cookie`, `code_path`, `log_dir` - see `Epmdpxy.peers/2`
    * `heal: false` - the cluster is not connected again after a test; for one that is no mesh
    * `port`, `program`, `observer`, `strict`, `seed`, `log` - see `Epmdpxy.start/1`. The port is a free one unless
      `ERL_EPMD_PORT` is set

  `@tag cut: islands`, or `@tag cut: {islands, options}`, severs for the test, see `Epmdpxy.sever/2`; `:n1` is there the first
  of the nodes, unless one has that name.

  The nodes have the code of this VM, but not the modules of its `.exs` files: what is called on them belongs into `lib`, or
  into `test/support`.
  """

  @start [:port, :program, :observer, :strict, :seed, :log]
  @peers [:apps, :ticktime, :args, :env, :cookie, :code_path, :log_dir]

  defmacro __using__(options) do
    quote do
      # A VM has one epmdpxy: modules take turns.
      use ExUnit.Case, async: false
      import Epmdpxy, only: [with_cut: 2, with_cut: 3], warn: false
      @epmdpxy Epmdpxy.Case.__options__(unquote(options))

      setup_all do
        {:ok, nodes: Epmdpxy.Case.__begin__(@epmdpxy)}
      end

      setup context do
        Epmdpxy.Case.__begin_test__(@epmdpxy, context)
      end
    end
  end

  @doc false
  def __options__(options) do
    case Keyword.keys(options) -- (@start ++ @peers ++ [:nodes, :heal]) do
      [] -> options
      [other | _] -> raise ArgumentError, "use Epmdpxy.Case has no option #{inspect(other)}"
    end
  end

  # ---- a module ----

  # Runs in a process that ends soon; nothing is linked to it.
  @doc false
  def __begin__(options) do
    Epmdpxy.Formatter.advise()
    was_there = Process.whereis(:epmdpxy) != nil
    value(Epmdpxy.start(Keyword.merge(default_port(), Keyword.take(options, @start))))
    ExUnit.Callbacks.on_exit(fn -> was_there || Epmdpxy.stop() end)
    # A runner may become a node late.
    if Keyword.get(options, :observer, true) and Node.alive?(), do: Epmdpxy.observer(Node.self())
    nodes = begin_nodes(options[:nodes], Keyword.take(options, @peers))
    ExUnit.Callbacks.on_exit(fn -> Enum.each(nodes, &Epmdpxy.stop_peer/1) end)
    nodes
  end

  defp begin_nodes(none, _) when none in [nil, 0, []], do: []
  defp begin_nodes(names, options), do: value(Epmdpxy.peers(names, options))

  defp default_port do
    if System.get_env("ERL_EPMD_PORT") || Node.alive?(), do: [], else: [port: 0]
  end

  # ---- a test ----

  @doc false
  def __begin_test__(options, context) do
    mark = Epmdpxy.mark()
    before = ids()
    ExUnit.Callbacks.on_exit(fn -> end_test(options, context, mark, before) end)
    sever(context[:cut], context.nodes)
  end

  defp sever(none, _) when none in [nil, false], do: :ok
  defp sever({islands, options}, nodes), do: ok(Epmdpxy.sever(Enum.map(islands, &island(&1, nodes)), options))
  defp sever(islands, nodes), do: sever({islands, []}, nodes)

  defp island(names, nodes) when is_list(names), do: Enum.map(names, &island(&1, nodes))

  defp island(name, nodes) do
    text = to_string(name)

    with false <- Enum.any?(nodes, &String.starts_with?(to_string(&1), text <> "@")),
         [_, position] <- Regex.run(~r/^n([1-9][0-9]*)$/, text),
         node when node != nil <- Enum.at(nodes, String.to_integer(position) - 1) do
      node
    else
      _ -> name
    end
  end

  # Rules of the test's own process have gone with it, or are about to; it may have made others.
  defp end_test(options, context, mark, before) do
    Epmdpxy.Formatter.keep(context.module, context.test, Epmdpxy.history(mark))
    changed = changed?(mark)
    for id <- ids(), id not in before, do: Epmdpxy.remove(id)
    if changed and before == [] and Keyword.get(options, :heal, true), do: ok(Epmdpxy.heal())
  end

  # A cut that has ended with the test's process leaves nodes that are not connected.
  defp changed?(mark) do
    case Epmdpxy.events(mark) do
      {:ok, events} -> Enum.any?(events, &(&1.event in [:rules_changed, :cable_down]))
      {:error, _} -> false
    end
  end

  defp ids do
    case Epmdpxy.rules() do
      {:ok, rules} -> Enum.map(rules, & &1.id)
      {:error, _} -> []
    end
  end

  defp ok({:error, reason}), do: raise(Epmdpxy.Error, reason: reason)
  defp ok(_), do: :ok

  defp value({:ok, value}), do: value
  defp value({:error, reason}), do: raise(Epmdpxy.Error, reason: reason)
end
