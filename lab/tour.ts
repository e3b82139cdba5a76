import { cluster, domain, type HostName, hosts, serviceName } from '../test/lab/names.ts';

/** What the tour waits for before it goes on. */
export type Wait =
  | 'healthy'
  /** The coordinator misses reports of the board, and shows the cluster as at risk. */
  | { readonly silent: HostName }
  /** etcd on the board accepts writes. */
  | { readonly serving: HostName }
  /** The coordinator has not heard the board for as long as it takes to let another machine take its place. */
  | { readonly unheard: HostName };

/** A few sentences, and what happens after them. */
export interface TourStep {
  readonly text: string;
  /** Of the lab. */
  readonly command?: string;
  readonly wait?: Wait;
}

export interface TourPart {
  readonly title: string;
  readonly steps: readonly TourStep[];
}

const [first, second, third] = hosts.map(({ name }) => name) as [HostName, HostName, HostName];

const forming: TourPart = {
  title: 'Form a cluster',
  steps: [
    {
      text: `Three boards are on. The boards run OpenRC and busybox, as Alpine Linux does. Node.js, etcd and Picket are
not installed yet.`,
      command: 'boards',
    },
    {
      text: `The coordinator runs on a fourth machine. This command tells the coordinator which boards form a cluster.
The file hosts.csv lists the address and the name of each board.`,
      command: `picket cluster create ${cluster} --hosts hosts.csv --domain ${domain} --service-name ${serviceName}`,
    },
    {
      text: `A board joins with one line, and this command prints the line. The token in the line can be used 3 times,
once for each board.`,
      command: `picket token create ${cluster} --uses 3`,
    },
    {
      text: `On a real board, you paste the line into a root shell. In the lab, the command "paste" runs the line on a
board. The line installs Node.js, etcd and the agent, joins, and waits for the member. The first board founds the cluster.`,
      command: `paste ${first}`,
    },
    {
      text: `The second board becomes a learner. A learner receives data and does not vote. Picket waits for the third
board before it makes the learner a voter, because 2 voters are no safer than 1: with 2, etcd takes no writes if
either one fails.`,
      command: `paste ${second}`,
    },
    {
      text: 'The third board completes the cluster. Picket makes the second board a voter, and then the third board.',
      command: `paste ${third}`,
    },
    { text: 'The cluster is healthy when each agent has reported that its etcd serves.', wait: 'healthy' },
    {
      text: 'The table shows each member. With "-o wide", the columns of "etcdctl endpoint status" are shown as well.',
      command: 'status',
    },
    {
      text: 'Write a key on one board. The agent has configured etcdctl on each board.',
      command: `on ${first} etcdctl put greeting hello`,
    },
    { text: 'Read the key on another board.', command: `on ${third} etcdctl get greeting` },
  ],
};

const powerCut: TourPart = {
  title: 'Survive a power cut',
  steps: [
    {
      text: `Cut the power of ${second}. All processes on the board end at once. The board loses what was not synced to
its disk.`,
      command: `powercut ${second}`,
    },
    {
      text: `Two of three voters still run. If ${second} was the leader, the other two voters elect a new leader.`,
      wait: { serving: first },
    },
    {
      text: 'Two voters are a majority, so etcd accepts writes.',
      command: `on ${first} etcdctl put written "while ${second} was off"`,
    },
    {
      text: `The agent of ${second} does not report any more. After 35 s without a report, the coordinator shows the
cluster as at risk.`,
      wait: { silent: second },
    },
    {
      text: 'The health of the member is unknown. Picket does not remove a silent member, because it may come back.',
      command: 'status',
    },
    { text: `Switch ${second} on. OpenRC starts etcd and the agent.`, command: `boot ${second}` },
    { text: `No other command is needed. etcd on ${second} receives the writes that it missed.`, wait: 'healthy' },
    {
      text: `Read on ${second} the key that was written during the power cut.`,
      command: `on ${second} etcdctl get written`,
    },
  ],
};

const newDisk: TourPart = {
  title: 'Replace a disk',
  steps: [
    {
      text: `Assume that the disk of ${third} is broken, and put in a new, empty disk. The board loses its key, its
certificates and its data.`,
      command: `newdisk ${third}`,
    },
    { text: `Switch ${third} on. The new disk has no etcd and nothing of Picket.`, command: `boot ${third}` },
    {
      text: `For the coordinator, this board is a new machine. A new machine can take the place of a member only with a
token that is bound to this member.`,
      command: `picket token create ${cluster} --member ${third}`,
    },
    {
      text: `The old machine might still run. So the coordinator accepts the new machine only after 35 s without a report
of the old machine.`,
      wait: { unheard: third },
    },
    {
      text: `Run the line on ${third}. Picket removes the old member from etcd and adds the new member as a learner. When
the learner has all data, Picket makes it a voter.`,
      command: `paste ${third}`,
    },
    { text: 'The cluster has three voters again.', wait: 'healthy' },
    { text: 'Read the first key from the new disk.', command: `on ${third} etcdctl get greeting` },
    { text: 'The coordinator has recorded what happened.', command: 'events' },
    { text: 'At the end of the tour, the cluster is healthy.', command: 'status' },
  ],
};

/** The whole tour, in its order. */
export const tour: readonly TourPart[] = [forming, powerCut, newDisk];

/** The tour of a cluster that has been formed. */
export const tourOfFormed: readonly TourPart[] = [powerCut, newDisk];

/** The commands that form the cluster. */
export const formingCommands: readonly string[] = forming.steps.flatMap(({ command }) =>
  command?.startsWith('picket') || command?.startsWith('paste') ? [command] : [],
);

/** What to try after the tour: lines to type, and what they show. */
export const furtherCommands: readonly (readonly [lines: readonly string[], shows: string])[] = [
  [[`cut ${second}`, 'status', `mend ${second}`], 'a board without network (wait 40 s before `status`)'],
  [[`fill ${third}`, 'status', `free ${third}`], 'a full disk (wait 40 s before `status`)'],
  [[`clock ${first} +2h`, 'status', `clock ${first} right`], 'a wrong clock'],
  [['coordinator stop', `on ${first} etcdctl endpoint health`, 'coordinator start'], 'etcd without the coordinator'],
  [[`shell ${first}`], 'a shell on a board: try rc-status, etcdctl member list, picket-agent status'],
];
