import t from 'tap';
import { didYouMean } from '../../src/etcd-config/did-you-mean.ts';

const known = ['cert-file', 'key-file', 'data-dir', 'name'];

t.test('a slip of the hand is recognised', async (t) => {
  for (const slip of ['cert-fil', 'certfile', 'cret-file', 'cert_file', 'Cert-File'])
    t.equal(didYouMean(slip, known), 'cert-file', slip);
});

t.test('capitals are no slip', async (t) => {
  for (const slip of ['datadir', 'dataDri', 'data_dir', 'DATADIR'])
    t.equal(didYouMean(slip, ['dataDir']), 'dataDir', slip);
});

t.test('a flag that ends in the key is recognised', async (t) => {
  t.equal(didYouMean('peer-cert-file', known), 'cert-file');
});

t.test('a word far from all is not guessed at', async (t) => {
  t.equal(didYouMean('wal-dir', known), undefined);
});
