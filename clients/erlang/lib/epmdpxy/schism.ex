# SPDX-License-Identifier: MIT
defmodule Epmdpxy.Schism do
  @moduledoc """
  For suites that use the package Schism: `alias Epmdpxy.Schism`, and they stay as they are.

  Nodes that dial across the split are refused at once, as with a wrong cookie. Each partition is one of its own: the id that
  joins several is not known here.
  """

  @doc "Splits these nodes from all others that are registered; they go on to see each other. Returns them. Raises."
  @spec partition([Epmdpxy.name()], keyword | map) :: [Epmdpxy.name()]
  def partition(nodes, options \\ []) when is_list(options) or is_map(options) do
    options = Map.new(options)

    case others(nodes) do
      [] -> raise Epmdpxy.Error, reason: {:bad_island, nodes}
      others when is_map_key(options, :owner) -> sever(nodes, others, options)
      others -> sever(nodes, Enum.reject(others, &cut_off?(&1, nodes, cut_already())), options)
    end
  end

  # The last of several partitions: a rule that has nothing left to do would be taken for one that is vacuous.
  defp sever(nodes, [], _), do: nodes
  defp sever(nodes, others, options), do: done(Epmdpxy.sever([nodes, others], Map.put_new(options, :redial, :refuse)), nodes)

  defp cut_off?(other, nodes, cut), do: Enum.all?(nodes, &({&1, other} in cut or {other, &1} in cut))

  # By partitions that go when a new one of this process would.
  defp cut_already do
    with {:ok, lease} <- :epmdpxy_daemon.lease(self()),
         {:ok, rules} <- Epmdpxy.rules(),
         {:ok, status} <- Epmdpxy.status() do
      :epmdpxy_look.cut_pairs(for(%{lease: ^lease} = rule <- rules, stays?(rule), do: rule), status)
    else
      {:error, reason} -> raise Epmdpxy.Error, reason: reason
    end
  end

  defp stays?(%{params: params} = rule), do: params[:mode] == :close and not is_map_key(rule, :ends_in_ms)

  @doc "Connects these nodes with all others again, and with each other. Returns them. Raises."
  @spec heal([Epmdpxy.name()]) :: [Epmdpxy.name()]
  def heal(nodes) do
    case others(nodes) do
      [] -> done(Epmdpxy.heal(), nodes)
      others -> done(Epmdpxy.heal([others | Enum.map(nodes, &[&1])]), nodes)
    end
  end

  defp others(nodes) do
    case Epmdpxy.status() do
      {:ok, %{nodes: known}} ->
        # A host that is not known yet is null.
        for %{observer: false, hidden: false, name: short, full_name: full} <- known,
            not Enum.any?(nodes, &(short_of(&1) == to_string(short))),
            do: if(full == :null, do: short, else: full)

      {:error, reason} ->
        raise Epmdpxy.Error, reason: reason
    end
  end

  defp short_of(name), do: name |> to_string() |> String.split("@") |> hd()

  defp done({:error, reason}, _), do: raise(Epmdpxy.Error, reason: reason)
  defp done(_, nodes), do: nodes
end
