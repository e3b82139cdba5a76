import type { ProgramOrder } from '@picket/shared/protocol/releases.ts';
import t from 'tap';
import { said } from '../../../../../test/support/said.ts';
import { emptyJournal } from '../../../src/journal/journal.ts';
import { confReader } from '../../../src/model/conf.ts';
import { memberStateOf } from '../../../src/model/model.ts';
import { inForce } from '../../../src/reconcile/trial/trial.ts';
import { accepted, confOf, desired, ownIncarnation, paths } from '../samples.ts';

const program = (version: string): ProgramOrder => ({
  version,
  programs: [{ name: 'etcd', sha256: version.padEnd(64, '0'), sizeBytes: 7 }],
});

/** The order of what is in force if the wanted etcd cannot be started. @param good what is put back */
function orderInForce(
  wanted: ProgramOrder | null,
  [from, minor]: readonly [string, string],
  good: ProgramOrder | null,
) {
  const etcd = { ...desired().etcd!, minor, from };
  const of = (one: ProgramOrder | null) => (one === null ? {} : { program: one });
  const lastGood = { incarnation: ownIncarnation, confKey: 'good', conf: confOf(), ...of(good) };
  const back = inForce(
    accepted({ etcd, ...of(wanted) }),
    { ...emptyJournal, lastGood },
    paths,
    confReader(),
    said('it is not here'),
    null,
  );
  const order = memberStateOf(back)?.etcd;
  return [order?.from, order?.minor];
}

t.test('R17 what is put back for another minor version turns the order', async (t) => {
  const [five, six] = [program('3.5.33'), program('3.6.14')];
  t.strictSame(orderInForce(six, ['3.5', '3.6'], five), ['3.6', '3.5']);
  t.strictSame(orderInForce(six, ['3.5', '3.6'], null), ['3.6', '3.5'], 'also a package');
  t.strictSame(orderInForce(five, ['3.6', '3.5'], six), ['3.5', '3.6'], 'also on the way back');
  t.strictSame(orderInForce(null, ['3.6', '3.5'], six), ['3.5', '3.6']);
});

t.test('R17 a conf.yml that is put back turns no order', async (t) => {
  t.strictSame(orderInForce(program('3.5.33'), ['3.6', '3.5'], program('3.5.30')), ['3.6', '3.5']);
  t.strictSame(orderInForce(null, ['3.6', '3.5'], null), ['3.6', '3.5'], 'whatever the package is by now');
});
