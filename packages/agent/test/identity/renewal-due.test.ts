import { backdatingMs } from '@picket/shared/renewal.ts';
import t from 'tap';
import { identityDue } from '../../src/identity/identity-renewal.ts';

const day = 86_400_000;
const from = Date.parse('2026-01-01T00:00:00Z');
const lifetime = { notBefore: new Date(from - backdatingMs), notAfter: new Date(from + 30 * day) };

t.test('R15: an identity is renewed at about two thirds of its lifetime, each at its own time', async (t) => {
  const whenDue = (random: number) => {
    for (let hours = 0; hours < 30 * 24; hours += 1) {
      if (identityDue(lifetime, from + hours * 3_600_000, random) === 'renew') return hours / 24;
    }
    return null;
  };
  t.strictSame([whenDue(0), whenDue(0.5), whenDue(1)], [18, 20, 22]);
});

t.test('R15: it is recovered once its last second is over', async (t) => {
  t.equal(identityDue(lifetime, from + 30 * day + 999, 0), 'renew');
  t.equal(identityDue(lifetime, from + 30 * day + 1000, 0), 'recover');
});

t.test('a clock from before its begin makes nothing due', async (t) => {
  t.equal(identityDue(lifetime, 0, 0), 'no');
});
