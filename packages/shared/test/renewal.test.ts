import t from 'tap';
import { backdatingMs, renewalDueAt } from '../src/renewal.ts';

const day = 86_400_000;
const issued = Date.parse('2027-03-01T12:00:00Z');
const sixtyDays = 60 * 86_400;

/** How long after it was issued a certificate of this lifetime falls due. */
function age(serial: string, lifetime: number, renewAfterSeconds = sixtyDays): number {
  const renewable = { serial, from: issued - backdatingMs, until: issued + lifetime };
  return renewalDueAt(renewable, renewAfterSeconds) - issued;
}

t.test('a certificate of a year falls due after 54 to 60 days, as its serial has it', async (t) => {
  t.equal(age('1200000000', 365 * day), 54 * day);
  t.equal(age('12ffffffff', 365 * day), 60 * day);
  const middle = age('127fffffff', 365 * day) / day;
  t.ok(middle > 56.9 && middle < 57.1);
  t.equal(age('127fffffff', 365 * day), middle * day, 'asked again, it is the same moment');
});

t.test('whatever is asked for, a third of its lifetime is left to renew it in', async (t) => {
  t.equal(age('ffffffff', 9000), 6000);
  t.equal(age('0', 9000), 5400);
  t.equal(age('ffffffff', 30 * day, 400 * 86_400), 20 * day);
});

t.test('one that has ended when it begins is due', async (t) => {
  t.ok(renewalDueAt({ serial: 'ffffffff', from: issued, until: issued }, sixtyDays) <= issued);
});
