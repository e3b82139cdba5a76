import t from 'tap';
import { readTable } from './etcdctl-table.ts';

t.test('a table is read by its headings, whatever columns its version has', (t) => {
  const older = '+--+\n| ENDPOINT | IS LEADER | ERRORS |\n+--+\n| https://a |     true |        |\n+--+\n';
  const newer =
    '| ENDPOINT | STORAGE VERSION | IS LEADER | ERRORS | DOWNGRADE ENABLED |\n| https://a | 3.6.0 | true | | false |\n';
  const boxed = `┌──┐\n${older
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .join('\n├──┤\n')
    .replaceAll('|', '│')}\n└──┘\n`;
  for (const table of [older, newer, boxed]) {
    const [row, ...others] = readTable(table);
    t.strictSame(others, []);
    t.strictSame(
      ['ENDPOINT', 'IS LEADER', 'ERRORS', 'NONE'].map((name) => row?.get(name)),
      ['https://a', 'true', '', undefined],
    );
  }
  t.strictSame(readTable(''), []);
  t.end();
});
