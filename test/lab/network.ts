import { gateway } from './names.ts';
import type { Namespaces } from './namespaces.ts';

/** The ways in which a machine's cable can be broken. */
export type Cut =
  /** Out: the machine notices that it has no link. */
  | 'both'
  /** Nothing reaches the machine, and it notices nothing; what it sends arrives. */
  | 'inbound'
  /** Nothing that the machine sends arrives; it receives. */
  | 'outbound'
  /** What it sends to this address is lost, and nothing else. */
  | { readonly towards: string };

/** The cable of one machine, whose network namespace has the cable's name. */
export interface Cable {
  /** Gives the machine a network namespace with `eth0` in it, down and without address, broken as the cable is. */
  plugIn(): Promise<void>;
  /** Takes the namespace away: its peers hear nothing more from the machine, as when its power is cut. */
  pullOut(): Promise<void>;
  /** Breaks the cable; earlier cuts remain. Holds also while the machine is off, and when it boots. */
  cut(cut: Cut): Promise<void>;
  /** Mends this cut alone, or all. */
  heal(cut?: Cut): Promise<void>;
}

const bridge = 'lab0';
const nobody = '02:00:00:00:00:ff';

/** The switch that all cables lead to. Nothing leaves it. */
export async function layNetwork(lab: Pick<Namespaces, 'must'>): Promise<void> {
  await lab.must('ip', 'link', 'add', bridge, 'type', 'bridge');
  await lab.must('ip', 'address', 'add', `${gateway}/24`, 'dev', bridge);
  await lab.must('ip', 'link', 'set', bridge, 'up');
}

/** Gives the machine at this cable, which is plugged in, its address. */
export async function giveAddress(lab: Pick<Namespaces, 'must'>, name: string, address: string): Promise<void> {
  for (const args of [
    ['link', 'set', 'lo', 'up'],
    ['address', 'add', `${address}/24`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
  ])
    await lab.must('ip', '-netns', name, ...args);
}

export function cable(lab: Pick<Namespaces, 'must'>, name: string): Cable {
  let plugged = false;
  let cuts: readonly Cut[] = [];
  const within = (...args: readonly string[]) => lab.must('ip', 'netns', 'exec', name, ...args);

  async function breakWire(cut: Cut): Promise<void> {
    if (cut === 'both') await lab.must('ip', 'link', 'set', name, 'down');
    else if (cut === 'inbound') await lab.must('tc', 'qdisc', 'replace', 'dev', name, 'root', 'blackhole');
    else if (cut === 'outbound') await within('tc', 'qdisc', 'replace', 'dev', 'eth0', 'root', 'blackhole');
    else {
      // The kernel forgets neighbours of an interface that is down.
      await within('ip', 'link', 'set', 'eth0', 'up');
      await within('ip', 'neigh', 'replace', cut.towards, 'lladdr', nobody, 'nud', 'permanent', 'dev', 'eth0');
    }
  }

  async function mendWire(cut: Cut): Promise<void> {
    if (cut === 'both') await lab.must('ip', 'link', 'set', name, 'up');
    else if (cut === 'inbound') await lab.must('tc', 'qdisc', 'delete', 'dev', name, 'root');
    else if (cut === 'outbound') await within('tc', 'qdisc', 'delete', 'dev', 'eth0', 'root');
    else await within('ip', 'neigh', 'delete', cut.towards, 'dev', 'eth0');
  }

  return {
    async plugIn() {
      await lab.must('ip', 'netns', 'add', name);
      await lab.must('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      await lab.must('ip', 'link', 'set', name, 'master', bridge, 'up');
      plugged = true;
      for (const cut of cuts) await breakWire(cut);
    },
    async pullOut() {
      if (!plugged) return;
      plugged = false;
      await lab.must('ip', 'link', 'delete', name);
      await lab.must('ip', 'netns', 'delete', name);
    },
    async cut(cut) {
      cuts = [...cuts, cut];
      if (plugged) await breakWire(cut);
    },
    async heal(cut) {
      const mended = cut === undefined ? cuts : [cut];
      cuts = cuts.filter((one) => !mended.includes(one));
      if (plugged) for (const cut of mended) await mendWire(cut);
    },
  };
}
