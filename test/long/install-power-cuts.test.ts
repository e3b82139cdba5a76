import t from 'tap';
import { lineOf } from '../lab/installing.ts';
import { labNeeded } from '../lab/lab-needed.ts';
import { labOf } from '../lab/lab-of-test.ts';
import { comes, drawWrite, momentInWords } from '../lab/soak/moments.ts';
import { tornFiles } from '../lab/torn-files.ts';
import { seeded, seedOfRun } from '../support/seeded.ts';
import { until } from '../support/until.ts';

const seed = seedOfRun();
/** What the installer and the agent's join write, roughly in that order. */
const written = [
  '/var/lib/picket/installer/added',
  '/etc/apk/repositories',
  '/usr/bin/etcd',
  '/etc/runlevels/default/chronyd',
  '/usr/lib/picket/picket-agent.cjs',
  '/usr/bin/picket-agent',
  '/etc/init.d/picket-agent',
  '/var/lib/picket/identity.key',
  '/var/lib/picket/identity.pem',
  '/var/lib/picket/installer/install.sh',
  '/etc/runlevels/default/picket-agent',
] as const;

t.test(
  `a power cut amid the installation: the same line again, and all is well (PICKET_SEED=${seed})`,
  labNeeded,
  async (t) => {
    const lab = await labOf(t, { blank: true });
    await lab.createCluster();
    await Promise.all(lab.hosts.map((host) => host.boot()));
    // One for each host: what a cut-off join has used up is not another's.
    const line = await lineOf(lab, '--uses', '3');
    await Promise.all(
      lab.hosts.map(async (host) => {
        const random = seeded(seed).stream(host.name);
        const moment = drawWrite(random, [...written], 60_000);
        // Nobody of this machine's waits for it: a process of the host whose parent is here would hold up the cut.
        await host.must(`{ ${line}; touch /run/line-ended; } >/dev/null 2>&1 </dev/null &`);
        // A file may be written with fewer changes than were drawn: then the cut comes after the end.
        const cut = new AbortController();
        const ended = until('the line has ended', async () => (await host.run('test -e /run/line-ended')).code === 0, {
          within: 120_000,
          every: 500,
          signal: cut.signal,
        });
        await Promise.race([comes(moment, host), ended]);
        cut.abort();
        await ended.catch(() => undefined);
        await host.powerCut();
        t.strictSame(await tornFiles(host.written), [], `R9: no file of ${host.name} is torn`);
        await host.boot();
        const { code, stdout, stderr } = await host.run(line);
        t.equal(code, 0, `${host.name}, ${momentInWords(moment)}:\n${stdout}${stderr}`);
      }),
    );
    await lab.healthy();
    const { stdout } = await lab.picket('token', 'list');
    t.match(stdout, '3 of 3', 'each host has used it once');
  },
);
