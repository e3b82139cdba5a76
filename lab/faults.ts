import { type HostName, hosts } from '../test/lab/names.ts';
import { seeded } from '../test/support/seeded.ts';

/** One thing that is broken on purpose, for a player to find. */
export interface Fault {
  /** What the player should have found. */
  readonly cause: string;
  /** Commands of the lab that break it. */
  readonly breaks: readonly string[];
  /** Commands of the lab that repair it. */
  readonly repairs: readonly string[];
}

/** A program that kills etcd, and takes its peer port before etcd starts again. */
const portTaker =
  'const take=()=>require("net").createServer((s)=>s.destroy()).on("error",()=>setTimeout(take,1)).listen(2380,process.argv[1]);' +
  'take();require("child_process").execSync("killall -KILL etcd")';

const kinds: readonly ((board: HostName, address: string) => Fault)[] = [
  (board) => ({
    cause: `${board} has no power.`,
    breaks: [`powercut ${board}`],
    repairs: [`boot ${board}`],
  }),
  (board) => ({
    cause: `The network cable of ${board} is out.`,
    breaks: [`cut ${board}`],
    repairs: [`mend ${board}`],
  }),
  (board) => ({
    cause: `The disk of ${board} is full.`,
    breaks: [`fill ${board}`],
    repairs: [`free ${board}`],
  }),
  (board) => ({
    cause: `The clock of ${board} is three hours fast.`,
    breaks: [`clock ${board} +3h`],
    repairs: [`clock ${board} right`],
  }),
  (board, address) => ({
    cause: `Another program uses the peer port of etcd on ${board}.`,
    breaks: [`on ${board} setsid node -e '${portTaker}' ${address} >/dev/null 2>&1 & echo $! >/run/port-taker`],
    repairs: [`on ${board} kill $(cat /run/port-taker)`],
  }),
  (board) => ({
    cause: `The agent of ${board} is stopped. Its etcd serves.`,
    breaks: [`on ${board} rc-service picket-agent stop`],
    repairs: [`on ${board} rc-service picket-agent start`],
  }),
  (board) => ({
    cause: `The program etcd on ${board} is not executable.`,
    breaks: [`on ${board} chmod a-x /usr/bin/etcd && killall -KILL etcd`],
    repairs: [`on ${board} chmod a+x /usr/bin/etcd`],
  }),
  () => ({
    cause: 'The coordinator has no network: no agent reaches it.',
    breaks: ['coordinator cut'],
    repairs: ['coordinator mend'],
  }),
  (board) => ({
    cause: 'The authentication of etcd is on, and somebody turned it on by hand.',
    breaks: [`on ${board} etcdctl user add root:secret && etcdctl user grant-role root root && etcdctl auth enable`],
    repairs: [`on ${board} etcdctl --user root:secret auth disable && etcdctl user delete root`],
  }),
];

/** All faults, each on one of the boards, in an order that depends on the seed alone. */
export function shuffled(seed: number): readonly Fault[] {
  const random = seeded(`fault ${seed}`);
  return kinds
    .map((kind) => ({ kind, place: random.fraction(), board: random.pick<(typeof hosts)[number]>(hosts) }))
    .sort((one, other) => one.place - other.place)
    .map(({ kind, board }) => kind(board.name, board.address));
}
