import t from 'tap';
import { runToEnd } from '../../support/children.ts';
import { printedError } from '../../support/printed-error.ts';
import { labNeeded } from '../lab-needed.ts';
import { labProgram, startLab } from './running-lab.ts';

const script = `
bot
paste 1
shell 1
picket cluster list
picket cluster create x-k3s --hosts hosts.csv --domain edge.huatai.me --service-name etcd.edge.huatai.me
picket token create x-k3s --uses 3
boards
on 1 echo "$(hostname) runs busybox: $(readlink $(which sh))"
on 1 exit 3
boot 1
clock 3 +2h
on 3 echo "it is $(( ($(date +%s) - $(stat -c %Y /run/lab-clock)) / 60 )) minutes later"
cut 2
cut 2
powercut 2
on 2 true
tour
newdisk 3
boot 2
boot 3
boards
mend 2
mend 2
coordinator stop
coordinator stop
picket cluster list
form
coordinator start
picket cluster list
fault
answer
quit
boards
`;

t.test('a script of commands: what each does, and what is refused with what to type', labNeeded, async (t) => {
  const lab = await startLab(t);
  lab.type(script);
  t.equal(await lab.ended, 1, 'some commands have failed');
  const said = lab.output();
  t.comment(said);
  t.notMatch(said, /^\s+at /m, 'no error shows where it comes from');

  /** What was said of a line: all between it and the next. */
  const of = (line: string, nth = 0) => said.split(`lab> ${line}\n`)[nth + 1]?.split('\nlab> ')[0] ?? '';
  for (const [line, expected] of [
    ['bot', '✗ There is no command "bot". Type help for the list.'],
    ['paste 1', '✗ There is no line to paste. Make one first: picket token create x-k3s --uses 3'],
    ['shell 1', '✗ shell needs a terminal. In a script, write: on x-k3s-m-1 COMMAND'],
    ['picket cluster list', 'No clusters are declared.'],
    ['boards', /^x-k3s-m-1 {3}192\.168\.7\.11 {3}on {6}up {8}\d+% full {3}right {3}not installed {3}not installed$/m],
    ['on 1 echo "$(hostname) runs busybox: $(readlink $(which sh))"', 'x-k3s-m-1 runs busybox: /bin/busybox'],
    ['boot 1', '✗ x-k3s-m-1 is on already. To switch it off: powercut x-k3s-m-1'],
    ['clock 3 +2h', /^On x-k3s-m-3 it is 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ\.$/m],
    [
      'on 3 echo "it is $(( ($(date +%s) - $(stat -c %Y /run/lab-clock)) / 60 )) minutes later"',
      'it is 120 minutes later',
    ],
    ['cut 2', 'x-k3s-m-2 has no network. To end that: mend x-k3s-m-2'],
    ['powercut 2', 'x-k3s-m-2 is off. To switch it on: boot x-k3s-m-2'],
    ['on 2 true', '✗ x-k3s-m-2 is off. Switch it on first: boot x-k3s-m-2'],
    ['tour', '✗ Type first: boot x-k3s-m-2; mend x-k3s-m-2; clock x-k3s-m-3 right'],
    ['newdisk 3', 'x-k3s-m-3 is off and has a new, empty disk. To switch it on: boot x-k3s-m-3'],
    ['mend 2', 'x-k3s-m-2 has its network again.'],
    ['coordinator stop', 'The coordinator is off. To start it: coordinator start'],
    ['form', '✗ Type first: coordinator start'],
    ['coordinator start', 'The coordinator runs.'],
    ['fault', '✗ x-k3s is forming; to see why: status'],
    ['answer', '✗ Nothing is broken by the lab. To break something: fault'],
  ] as const) {
    t.match(of(line), expected, line);
  }
  t.match(of('cut 2', 1), '✗ The network of x-k3s-m-2 is cut already. To end that: mend x-k3s-m-2');
  t.match(of('mend 2', 1), '✗ The network of x-k3s-m-2 is not cut. To cut it: cut x-k3s-m-2');
  t.match(of('coordinator stop', 1), '✗ The coordinator is off already. To start it: coordinator start');
  t.match(of('boards', 1), /^x-k3s-m-2 .* {3}cut {3}/m);
  t.match(of('boards', 1), /^x-k3s-m-3 .* {3}right {3}/m, 'a boot sets the clock right');
  t.match(printedError(of('picket cluster list', 1)), { code: 'coordinator_unreachable' });
  t.match(of('picket cluster list', 2), /^x-k3s {3}/m);
  t.notMatch(said, 'lab> boards\n'.repeat(2));
  t.equal(said.split('lab> boards\n').length - 1, 2, 'nothing is done after quit');
  await lab.leavesNothing();
});

t.test('the exit status is 0 if no command of a script failed', labNeeded, async (t) => {
  const lab = await startLab(t);
  lab.type('help\nboards\nquit\n');
  t.equal(await lab.ended, 0, lab.output());
});

t.test('SIGTERM leaves nothing: at the prompt, while boards boot, while a command runs', labNeeded, async (t) => {
  for (const [moment, typed, sign] of [
    ['at the prompt', 'on 1 echo begun\n', /^begun$/m],
    ['while boards boot', '', /^ {2}leaves /m],
    ['while a command runs', 'on 1 echo begun; sleep 1000\n', /^begun$/m],
  ] as const) {
    await t.test(moment, async (t) => {
      const lab = await startLab(t);
      lab.type(typed);
      await lab.says(sign);
      process.kill(lab.pid, 'SIGTERM');
      t.equal(await lab.ended, 143, lab.output());
      t.match(lab.output(), 'Nothing is left: no process, no mount, no file.');
      await lab.leavesNothing();
    });
  }
});

t.test('at a terminal', labNeeded, async (t) => {
  const lab = await startLab(t, { terminal: true });
  const ctrlC = '\x03';
  await lab.says(/lab> /);

  await t.test('Ctrl-C ends the program that runs on a board, and not the lab', async () => {
    lab.type('on 1 echo begun; sleep 1000\r');
    await lab.says(/^begun\r$/m);
    lab.type(ctrlC);
    await lab.says(/lab> /);
  });

  await t.test('a shell on a board outlasts Ctrl-C', async () => {
    lab.type('shell 2\r');
    await lab.says(/x-k3s-m-2:\/# /);
    lab.type('echo begun; sleep 1000\r');
    await lab.says(/^begun\r$/m);
    lab.type(ctrlC);
    await lab.says(/x-k3s-m-2:\/# /);
    lab.type('hostname > /root/made; exit\r');
    await lab.says(/lab> /);
    lab.type('on 2 echo "made on $(cat /root/made)"\r');
    await lab.says(/^made on x-k3s-m-2\r$/m);
    await lab.says(/lab> /);
  });

  await t.test('the tour runs a command on Enter, takes others, and can be left', async () => {
    lab.type('tour\r');
    await lab.says(/lab> boards\r\n.*q leaves the tour\]/s);
    lab.type('on 3 echo "beside the tour"\r');
    await lab.says(/^beside the tour\r$/m);
    await lab.says(/q leaves the tour\]/);
    lab.type('\r');
    await lab.says(/^x-k3s-m-1 /m);
    await lab.says(/lab> picket cluster create .*q leaves the tour\]/s);
    lab.type('q\r');
    await lab.says(/lab> /);
  });

  await t.test('Ctrl-C at the prompt ends the lab', async (t) => {
    lab.type(ctrlC);
    t.equal(await lab.ended, 130, lab.output());
    await lab.leavesNothing();
  });
});

t.test('a user who is not root learns what to do', async (t) => {
  const alone = process.getuid?.() === 0 ? ['unshare', '--user'] : [];
  const [program, ...args] = [...alone, ...labProgram];
  const { code, stdout, stderr } = await runToEnd(program, args);
  t.equal(code, 1, stdout);
  t.match(stderr, /^error: The lab cannot run here: it needs root, .*\.\nRun it as root: sudo npm run lab\n$/);
});

t.test('an argument is refused with the usage', async (t) => {
  const refused = await runToEnd(labProgram[0], [labProgram[1], '--three']);
  t.match(refused, { code: 64, stderr: /^Usage: npm run lab\n/ });
  t.match(await runToEnd(labProgram[0], [labProgram[1], '--help']), { code: 0, stdout: /^Usage: npm run lab\n/ });
});
