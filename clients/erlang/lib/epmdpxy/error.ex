# SPDX-License-Identifier: MIT
defmodule Epmdpxy.Error do
  @moduledoc "What the functions that raise do raise. `reason` is what the others return as `{:error, reason}`."
  defexception [:reason]

  @impl true
  def message(%{reason: reason}), do: Epmdpxy.format_error(reason)
end
