import t from 'tap';
import { blocksOf, commandsOf, unlike } from './shown-output.ts';

const page = `
1. Look:

   \`\`\`
   $ picket status x-k3s
   …
   x-k3s-m-1   voter   4/4   52s ago
   # a comment
   $ picket node list
   \`\`\`

\`\`\`sh
npm test
\`\`\`

\`\`\`
# etcdctl get greeting
hello
\`\`\`
`;

t.strictSame(
  commandsOf(blocksOf(page)),
  [
    { command: 'picket status x-k3s', output: ['…', 'x-k3s-m-1   voter   4/4   52s ago', '# a comment'] },
    { command: 'picket node list', output: [] },
    { command: 'etcdctl get greeting', output: ['hello'] },
  ],
  'commands stand behind the prompt of their block',
);

const said =
  'first\nx-k3s-m-1   voter   11/11   0s ago\nuntil 2026-11-27 12:00:00Z, ID 0123456789abcdef\nhead 7:0123456789abcdef\nlast';

for (const [what, shown, expected] of [
  ['figures, times and IDs may differ', ['x-k3s-m-1   voter   4/4   52s ago'], undefined],
  ['as may the head of an audit log', ['head 41:fedcba9876543210'], undefined],
  ['as may dates', ['until 2027-01-01 01:01:01Z, ID fedcba9876543210'], undefined],
  ['names may not', ['x-k3s-m-2   voter   4/4   52s ago'], 'x-k3s-m-2   voter   4/4   52s ago'],
  ['a part of a line may be left out', ['first', 'until …, ID …', 'last'], undefined],
  ['but only where the page says so', ['firs'], 'firs'],
  ['the order counts', ['last', 'first'], 'first'],
  ['a line counts once', ['first', 'first'], 'first'],
] as const) {
  t.equal(unlike(shown, said), expected, what);
}
