import { join } from 'node:path';
import t from 'tap';
import { comparableDemo } from '../golden/demo-output.ts';
import { sameAsRecorded } from '../golden/recorded.ts';
import { runToEnd } from '../support/children.ts';

const runner = join(import.meta.dirname, '../../scripts/run.mjs');
const again = 'PICKET_RECORD=1 npm test -- test/long/demo-output.test.ts';

t.test('the demo prints what it printed, but for what no two runs share', async (t) => {
  const { code, stdout, stderr } = await runToEnd(process.execPath, [runner, 'demo', '--', '--exit']);
  t.equal(code, 0, stderr);
  t.equal(stderr, '');
  sameAsRecorded(t, 'demo.txt', comparableDemo(stdout), again);
});
