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
    case others(nodes) do
      [] -> raise Epmdpxy.Error, reason: {:bad_island, nodes}
      others -> done(Epmdpxy.sever([nodes, others], Map.put_new(Map.new(options), :redial, :refuse)), nodes)
    end
  end

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
