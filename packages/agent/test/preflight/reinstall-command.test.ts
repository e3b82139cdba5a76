import t from 'tap';
import { packageSystem, reinstallCommand } from '../../src/preflight/reinstall-command.ts';

function systemOf(osRelease: string, { ownBinary = false, inMemory = false } = {}) {
  return packageSystem({ read: async () => osRelease }, ownBinary, async () => inMemory);
}

t.test('the system is known by its os-release', async (t) => {
  const of = async (osRelease: string) => {
    const { id, release } = await systemOf(osRelease);
    return [id, release];
  };
  t.strictSame(await of('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.23.2\n'), ['alpine', '3.23']);
  t.strictSame(await of('ID=postmarketos\nID_LIKE="alpine"\nVERSION_ID=edge\n'), ['alpine', null]);
  t.strictSame(await of('ID=debian\nVERSION_ID="13"\n'), ['debian', '13']);
  t.strictSame(await of('ID=raspbian\nVERSION_ID="12"\n'), ['raspbian', '12']);
  t.strictSame(await of('ID=debian\n'), ['debian', null], 'testing and unstable have no number');
  t.strictSame(await of('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n'), ['other', '24.04']);
  t.strictSame(await of(''), ['other', null]);
});

t.test('only a diskless Alpine saves its packages itself', async (t) => {
  t.equal((await systemOf('ID=alpine\n', { inMemory: true })).inMemory, true);
  t.equal((await systemOf('ID=debian\n', { inMemory: true })).inMemory, false);
});

t.test('a system without such a package gets no command', async (t) => {
  t.notMatch(reinstallCommand(await systemOf('ID=fedora\n'), '3.5'), /apt-get|apk add/);
  t.match(reinstallCommand(await systemOf('ID=debian\n', { ownBinary: true }), '3.5'), 'etcdBinary in agent.yml');
  t.match(reinstallCommand(await systemOf('ID=debian\nVERSION_ID="13"\n'), '3.5'), /^apt-get install /);
});
