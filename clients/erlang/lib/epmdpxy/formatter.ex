# SPDX-License-Identifier: MIT
defmodule Epmdpxy.Formatter do
  @moduledoc """
  Prints with each test that has failed what was cut when, and what nodes and connections came and went. In `test_helper.exs`:

      ExUnit.start(formatters: [ExUnit.CLIFormatter, Epmdpxy.Formatter])

  ExUnit tells only its formatters how a test has ended; `Epmdpxy.Case` hands over the history before it heals.
  """
  use GenServer

  @advice "epmdpxy: to see with a failed test what was cut when, say in test_helper.exs:\n" <>
            "    ExUnit.start(formatters: [ExUnit.CLIFormatter, Epmdpxy.Formatter])"

  # Who has not got it learns of it when it would have helped.
  @doc false
  def advise do
    unless running?() or Application.get_env(:epmdpxy, :advised, false) do
      Application.put_env(:epmdpxy, :advised, true)
      ExUnit.after_suite(fn %{failures: failures} -> if failures > 0, do: IO.puts("\n" <> @advice) end)
    end

    :ok
  end

  # A call: it has arrived before ExUnit tells how the test has ended.
  @doc false
  def keep(module, test, history) do
    if running?(), do: GenServer.call(__MODULE__, {:keep, {module, test}, history})
    :ok
  end

  defp running?, do: Process.whereis(__MODULE__) != nil

  @impl true
  def init(_options) do
    Process.register(self(), __MODULE__)
    {:ok, %{}}
  end

  @impl true
  def handle_call({:keep, test, history}, _from, kept), do: {:reply, :ok, Map.put(kept, test, history)}

  @impl true
  def handle_cast({:test_finished, %ExUnit.Test{module: module, name: name, state: state}}, kept) do
    {history, kept} = Map.pop(kept, {module, name})
    if history && match?({:failed, _}, state), do: IO.puts("\n\n     #{name} (#{inspect(module)})\n" <> indented(history))
    {:noreply, kept}
  end

  def handle_cast(_event, kept), do: {:noreply, kept}

  defp indented(text), do: Regex.replace(~r/^(?=.)/m, String.trim_trailing(text), "       ")
end
