# SPDX-License-Identifier: MIT
defmodule Epmdpxy do
  @moduledoc """
  Splits, slows and heals a cluster from its tests, by the names of its nodes. See `Epmdpxy.Case` for ExUnit.

      {:ok, _} = Epmdpxy.start(0)
      {:ok, [a, b, c]} = Epmdpxy.peers(3)
      {:ok, _} = Epmdpxy.sever([a, [b, c]])     # returns when the nodes have noticed
      :ok = Epmdpxy.heal()                      # returns when they are connected again

  This is the Erlang module `:epmdpxy`, whose manual holds. Options are keywords or maps, texts are strings, and what raises
  there raises `Epmdpxy.Error` here.

  A node is an atom as in `node()`: `:n1` is that short name on any host, `:n1@host` that node, `:"n*"` a pattern; strings are
  taken too. An island is one of them, or a list. Integers that are durations are milliseconds. A rule goes with the process
  that made it, unless the option `owner` names another one, or `:none`.
  """

  @type name :: atom | String.t()
  @type island :: name | [name]
  @type options :: keyword | map
  @type reason :: :epmdpxy.reason()
  @type result :: :ok | {:error, reason}
  @type result(value) :: {:ok, value} | {:error, reason}
  @type cut :: :epmdpxy.cut()
  @type rule :: :epmdpxy.rule()

  # ---- life ----

  @doc """
  Attaches to the daemon that answers at the port, or starts one: `port` (0: a free one), `program`, `observer`, `strict`,
  `seed`, `log`.
  """
  @spec start(:inet.port_number() | options) :: result(:inet.port_number())
  def start(options \\ [])
  def start(port) when is_integer(port), do: :epmdpxy.start(port)
  def start(options), do: options |> map() |> charlists([:program, :log]) |> :epmdpxy.start()

  @doc "Ends the daemon that was started and the peers; of one that was attached to, only our rules and observers."
  @spec stop() :: :ok
  defdelegate stop(), to: :epmdpxy

  @doc "Where the daemon listens. Raises."
  @spec port() :: :inet.port_number()
  def port, do: raising(fn -> :epmdpxy.port() end)

  @doc "The environment for nodes that this VM does not start itself. Raises."
  @spec env() :: [{String.t(), String.t()}]
  def env, do: for({name, value} <- raising(fn -> :epmdpxy.env() end), do: {to_string(name), to_string(value)})

  @doc "The port, the seed, the peers; whether the daemon was launched or attached to."
  @spec info() :: result(map)
  defdelegate info(), to: :epmdpxy

  # ---- splits ----

  @doc "Blocks all traffic between two islands, at once and in silence. Raises."
  @spec cut_cables(island, island) :: :ok
  def cut_cables(a, b), do: raising(fn -> :epmdpxy.cut_cables(a, b) end)

  @doc "Lets it pass again; what was held arrives. Raises."
  @spec fix_cables(island, island) :: :ok
  def fix_cables(a, b), do: raising(fn -> :epmdpxy.fix_cables(a, b) end)

  @doc """
  The islands no longer hear each other; nodes find out by their `net_ticktime`: `mode`, `one_way`, `for`, `owner`, `wait`.
  """
  @spec cut([island], options) :: result(cut)
  def cut(islands, options \\ []), do: :epmdpxy.cut(islands, map(options))

  @doc """
  Ends the connections between the islands, and returns when the nodes have noticed: `redial`, `one_way`, `for`, `owner`,
  `timeout`, `wait`.
  """
  @spec sever([island], options) :: result(cut)
  def sever(islands, options \\ []), do: :epmdpxy.sever(islands, map(options))

  @doc "Removes every cut; nodes that have lost each other connect when they next send."
  @spec fix() :: result
  defdelegate fix(), to: :epmdpxy

  @doc "Removes the cuts between these islands."
  @spec fix([island]) :: result
  defdelegate fix(islands), to: :epmdpxy

  @doc "Removes every cut, lets the nodes dial, and returns when every two of them are connected."
  @spec heal() :: result
  defdelegate heal(), to: :epmdpxy

  @doc "The same between these islands: `timeout`."
  @spec heal([island], options) :: result
  def heal(islands, options \\ []), do: :epmdpxy.heal(islands, map(options))

  @doc """
  Severs, runs the block (or a fun), heals, also when it raises. Returns what the block does. Raises.

      Epmdpxy.with_cut [:n1, [:n2, :n3]] do
        ...
      end
  """
  defmacro with_cut(islands, block), do: quoted_cut(islands, [], block)

  @doc "The same, with the options of `sever/2`."
  defmacro with_cut(islands, options, block), do: quoted_cut(islands, options, block)

  defp quoted_cut(islands, options, do: block), do: quoted_cut(islands, options, quote(do: fn -> unquote(block) end))

  defp quoted_cut(islands, options, fun) do
    quote do: Epmdpxy.__with_cut__(unquote(islands), unquote(options), unquote(fun))
  end

  @doc false
  def __with_cut__(islands, options, fun), do: raising(fn -> :epmdpxy.with_cut(islands, map(options), fun) end)

  @doc "Severs one node from all others: `among`, `redial`, `for`, `owner`, `timeout`."
  @spec isolate(name, options) :: result(cut)
  def isolate(node, options \\ []), do: :epmdpxy.isolate(node, map(options))

  @doc "Severs the first half of the nodes from the second, in the order of their names."
  @spec halves(options) :: result(cut)
  def halves(options \\ []), do: :epmdpxy.halves(map(options))

  @doc "The same by chance; the answer has the `seed` that repeats it."
  @spec random_halves(options) :: result(cut)
  def random_halves(options \\ []), do: :epmdpxy.random_halves(map(options))

  @doc "Each node sees a majority, and no two see the same one."
  @spec majorities_ring(options) :: result(cut)
  def majorities_ring(options \\ []), do: :epmdpxy.majorities_ring(map(options))

  @doc "Two halves that only this node can talk to both of."
  @spec bridge(name, options) :: result(cut)
  def bridge(node, options \\ []), do: :epmdpxy.bridge(node, map(options))

  @doc "Severs and fixes again and again, `period` (5000 ms) each, until `stop_flap/1`."
  @spec flap([island] | :halves | :random_halves | :majorities_ring, options) :: result(pid)
  def flap(split, options \\ []), do: :epmdpxy.flap(split, map(options))

  @doc "Ends it, and its cut."
  @spec stop_flap(pid) :: :ok
  defdelegate stop_flap(flapper), to: :epmdpxy

  @doc "For suites that have a helper of that name: severs. Raises."
  @spec block_traffic_between(island, island) :: :ok
  def block_traffic_between(a, b), do: raising(fn -> :epmdpxy.block_traffic_between(a, b) end)

  @doc "And heals, also what nobody has blocked. Raises."
  @spec allow_traffic_between(island, island) :: :ok
  def allow_traffic_between(a, b), do: raising(fn -> :epmdpxy.allow_traffic_between(a, b) end)

  # ---- nodes ----

  @doc "These nodes are no part of the experiment: to be said before they connect."
  @spec observer(island) :: result
  defdelegate observer(runner), to: :epmdpxy

  @doc "The same; only a connection with these nodes comes too early."
  @spec observer(island, island) :: result
  defdelegate observer(runner, nodes), to: :epmdpxy

  @doc """
  Starts nodes, connected with each other (a number: with names of their own): `apps`, `ticktime`, `args`, `env`, `cookie`,
  `code_path`, `log_dir`; with `owner: self()` they end with that process, else with `stop/0`.
  """
  @spec peers(pos_integer | [name], options) :: result([node])
  def peers(names, options \\ []) do
    options = options |> map() |> charlists([:log_dir, :args, :code_path, :env])
    :epmdpxy.peers(names, options)
  end

  @doc "Ends one of them."
  @spec stop_peer(node) :: result
  defdelegate stop_peer(node), to: :epmdpxy

  @doc """
  What the function returns on that node, or raises there: a peer, cut off or not, or a node that this VM is connected with.
  Raises.
  """
  @spec call(node, module, atom, list, timeout) :: term
  def call(node, module, function, args \\ [], timeout \\ 30_000) do
    raising(fn -> :epmdpxy.call(node, module, function, args, timeout) end)
  end

  # ---- faults ----

  @doc "Adds a fault, see `kinds/0`: `from` and `to`, `between`, or `nodes`; `dialled_by`, `for`, `owner`, `wait`."
  @spec fault(atom, options, options) :: result(rule)
  def fault(kind, params, options), do: :epmdpxy.fault(kind, map(params), map(options))

  @doc "Adds faults `{kind, params, options}`, runs, removes them, also when it raises. Returns what the fun does. Raises."
  @spec with_faults([{atom, options, options}], (() -> result)) :: result when result: term
  def with_faults(faults, fun) do
    faults = for {kind, params, options} <- faults, do: {kind, map(params), map(options)}
    raising(fn -> :epmdpxy.with_faults(faults, fun) end)
  end

  @doc "Removes a rule, or all of a cut; whether they have ended meanwhile does not matter."
  @spec remove(pos_integer | cut | rule) :: result
  defdelegate remove(rule), to: :epmdpxy

  @doc "Removes every rule, whoever made it; observers stay."
  @spec clear() :: result
  defdelegate clear(), to: :epmdpxy

  @doc "The rules that are in force."
  @spec rules() :: result([rule])
  defdelegate rules(), to: :epmdpxy

  @doc "What a rule, or a cut, has done so far: unless it has `bitten`, the test has shown nothing."
  @spec effect(pos_integer | cut | rule) :: result(map)
  defdelegate effect(rule), to: :epmdpxy

  @doc "The kinds of fault, and their parameters."
  @spec kinds() :: result([map])
  defdelegate kinds(), to: :epmdpxy

  # ---- waiting and looking ----

  @doc """
  Waits until it holds, on the wires and as the nodes see it: `:mesh`, `:noticed`, `:settled`, `:quiet`, `{:up, 3}`,
  `{:connected, a, b}`, ...
  """
  @spec await(:epmdpxy.condition(), timeout) :: :ok | result(map)
  defdelegate await(condition, timeout \\ 30_000), to: :epmdpxy

  @doc "What the daemon knows: `nodes`, `cables` (the connections), `rules`, `counters`."
  @spec status() :: result(map)
  defdelegate status(), to: :epmdpxy

  @doc "What has happened since that mark (0: all that is remembered), oldest first."
  @spec events(non_neg_integer) :: result([map])
  defdelegate events(mark), to: :epmdpxy

  @doc "The number of the newest event, for `events/1`, `history/1` and `await/2`. Raises."
  @spec mark() :: non_neg_integer
  def mark, do: raising(fn -> :epmdpxy.mark() end)

  @doc "What was cut when, and what nodes and connections came and went since that mark, as lines; also the seed."
  @spec history(non_neg_integer) :: String.t()
  def history(mark \\ 0), do: mark |> :epmdpxy.history() |> IO.chardata_to_string()

  @doc "An error in words, with what to do about it."
  @spec format_error(reason) :: String.t()
  def format_error(reason), do: reason |> :epmdpxy.format_error() |> IO.chardata_to_string()

  # ---- help ----

  # What has no options refuses what is none.
  defp map(options) when is_list(options), do: if(Keyword.keyword?(options), do: Map.new(options), else: options)
  defp map(options), do: options

  # Texts that Erlang wants as lists of characters.
  defp charlists(options, keys) when is_map(options) do
    Map.new(options, fn {key, value} -> {key, if(key in keys, do: charlist(value), else: value)} end)
  end

  defp charlists(options, _), do: options

  defp charlist(text) when is_binary(text), do: to_charlist(text)
  defp charlist({name, value}), do: {charlist(name), charlist(value)}
  defp charlist(map) when is_map(map), do: map |> Map.to_list() |> charlist()
  defp charlist(list) when is_list(list), do: Enum.map(list, &charlist/1)
  defp charlist(other), do: other

  defp raising(fun) do
    fun.()
  catch
    :error, {:epmdpxy, reason} -> :erlang.raise(:error, Epmdpxy.Error.exception(reason: reason), __STACKTRACE__)
  end
end
