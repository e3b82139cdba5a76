import t from 'tap';
import { seeded } from '../../support/seeded.ts';
import { certificateFiles, drawMoment, drawWrite, momentInWords } from './moments.ts';
import { drawStrike, strikeInWords } from './strikes.ts';

const many = Array.from({ length: 300 }, (_, index) => index);

t.test('the same seed gives the same moments, another gives others', async (t) => {
  const moments = (seed: string) => {
    const random = seeded(seed);
    return many.map(() => drawMoment(random, 5000));
  };
  t.strictSame(moments('7'), moments('7'));
  t.notSame(moments('7'), moments('8'));
});

t.test('moments lie within the time given, and amid the writes of files', async (t) => {
  const random = seeded('7');
  const moments = many.map(() => drawMoment(random, 5000));
  t.ok(moments.every(({ ms }) => ms >= 0 && ms <= 5000));
  t.strictSame(new Set(moments.map(({ kind }) => kind)), new Set(['after', 'write']));
});

t.test('a write is one of those asked for, and told in words', async (t) => {
  const random = seeded('7');
  const writes = many.map(() => drawWrite(random, certificateFiles, 9000));
  const paths = writes.map((moment) => (moment.kind === 'write' ? moment.path : ''));
  t.strictSame(new Set(paths), new Set(certificateFiles));
  t.match(momentInWords(drawWrite(random, ['/etc/etcd/conf.yml'], 9000)), /change \d of \/etc\/etcd\/conf\.yml/);
  t.equal(momentInWords({ kind: 'after', ms: 12 }), 'after 12 ms');
});

t.test('the same seed gives the same strikes, of every kind', async (t) => {
  const strikes = (seed: string) => {
    const random = seeded(seed);
    return many.map(() => drawStrike(random, 3, 5000));
  };
  t.strictSame(strikes('7'), strikes('7'));
  t.notSame(strikes('7'), strikes('8'));
  const kinds = new Set(strikes('7').map(({ kind }) => kind));
  t.strictSame(
    kinds,
    new Set(['power-cut', 'network-cut', 'agent-killed', 'etcd-killed', 'coordinator-killed', 'conf-changed']),
  );
  const struck = strikes('7').flatMap((strike) => ('hosts' in strike ? [strike.hosts.length] : []));
  t.strictSame(new Set(struck), new Set([1, 2, 3]));
  t.ok(strikes('7').every((strike) => strikeInWords(strike, ['a', 'b', 'c']).length > 0));
});
