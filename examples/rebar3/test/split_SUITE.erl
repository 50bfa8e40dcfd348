%% SPDX-License-Identifier: MIT
-module(split_SUITE).
-export([all/0, suite/0, only_a_majority_serves/1]).

all() -> [only_a_majority_serves].

suite() -> [{ct_hooks, [{epmdpxy_cth, [{peers, 3, #{apps => [my_app]}}]}]}].

only_a_majority_serves(Config) ->
    [A, B, C] = Nodes = proplists:get_value(peers, Config),
    [false, true, true] = epmdpxy:with_cut([A, [B, C]], fun() -> serving(Nodes) end),
    [true, true, true] = serving(Nodes).

serving(Nodes) -> [epmdpxy:call(Node, my_app, serves, []) || Node <- Nodes].
