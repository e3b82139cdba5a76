import t from 'tap';
import { said } from '../../../../test/support/said.ts';
import { until } from '../../../../test/support/until.ts';
import type { RestoreProgram } from '../../src/host/restore-program.ts';
import { restoreToolReader } from '../../src/observe/restore-tool.ts';

const etcdutl: RestoreProgram = { kind: 'etcdutl', path: '/usr/bin/etcdutl' };

t.test('the result of the last check is returned: a program, or what keeps a fetched one from running', async (t) => {
  let found: RestoreProgram | null = null;
  const read = restoreToolReader(
    async () => found,
    async () => said('it is mounted noexec'),
  );
  const tells = (report: object) => async () => JSON.stringify(await read()) === JSON.stringify(report);
  t.equal(await read(), null);
  await until('the obstacle is returned', tells({ installed: null, obstacle: said('it is mounted noexec') }), {
    within: 5000,
  });
  found = etcdutl;
  await until('the program is returned', tells({ installed: 'etcdutl', obstacle: null }), { within: 5000 });
});

t.test('a program that hangs delays nothing', async (t) => {
  let looks = 0;
  const read = restoreToolReader(
    () => {
      looks += 1;
      return new Promise(() => undefined);
    },
    async () => null,
  );
  t.same([await read(), await read(), looks], [null, null, 1]);
});
