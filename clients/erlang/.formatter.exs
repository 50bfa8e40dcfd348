# SPDX-License-Identifier: MIT
words = [with_cut: 2, with_cut: 3]

[
  inputs: ["*.exs", "{lib,test}/**/*.{ex,exs}"],
  line_length: 128,
  locals_without_parens: words,
  export: [locals_without_parens: words]
]
