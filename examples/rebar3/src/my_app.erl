%% SPDX-License-Identifier: MIT
-module(my_app).
-export([serves/0]).

-define(NODES, 3).

%% @doc Does this node see a majority?
serves() -> 2 * (1 + length(nodes())) > ?NODES.
