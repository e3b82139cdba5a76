import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { endpointStatus } from '../../src/render/endpoint-status.ts';
import { noPaint, paintFor } from '../../src/render/paint.ts';
import { renderStatus } from '../../src/render/status.ts';
import { statusViews } from '../support/status-views.ts';
import { clusterStatus } from '../support/views.ts';

// As it stands in the procedure that Picket replaces.
const seedTable = `\
+---------------------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
|         ENDPOINT          |        ID        | VERSION | DB SIZE | IS LEADER | IS LEARNER | RAFT TERM | RAFT INDEX | RAFT APPLIED INDEX | ERRORS |
+---------------------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+
| https://192.168.7.11:2379 | 7e8d94ba496c072d |   3.5.2 |   20 kB |     false |      false |         7 |        237 |                237 |        |
| https://192.168.7.12:2379 | a01cb65343e64610 |   3.5.2 |   20 kB |     false |      false |         7 |        237 |                237 |        |
| https://192.168.7.13:2379 |   9bfd4ef1e72d26 |   3.5.2 |   20 kB |      true |      false |         7 |        237 |                237 |        |
+---------------------------+------------------+---------+---------+-----------+------------+-----------+------------+--------------------+--------+`;

t.test("the endpoint table is the seed's, byte for byte", async (t) => {
  t.equal(endpointStatus(clusterStatus()), seedTable);
});

for (const [name, view] of Object.entries(statusViews)) {
  t.test(`status of a cluster: ${name}`, async (t) => {
    const golden = readFileSync(join(import.meta.dirname, 'golden', `${name}.txt`), 'utf8');
    t.equal(renderStatus(view, noPaint), golden);
  });
}

t.test('colours are for terminals, and change no width', async (t) => {
  const coloured = renderStatus(statusViews.degraded, paintFor({ isTTY: true, env: {} }));
  t.match(coloured, '\u001b[31mcrashed\u001b[39m');
  t.equal(stripVTControlCharacters(coloured), renderStatus(statusViews.degraded, noPaint));
  for (const io of [
    { isTTY: false, env: {} },
    { isTTY: true, env: { NO_COLOR: '1' } },
    { isTTY: true, env: { TERM: 'dumb' } },
  ]) {
    t.equal(paintFor(io), noPaint);
  }
});
