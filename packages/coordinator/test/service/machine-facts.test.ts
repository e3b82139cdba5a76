import t from 'tap';
import { isInMemory } from '../../src/service/machine-facts.ts';

const mounted = (type: string) => `22 1 0:21 / / rw,relatime shared:1 - ${type} none rw`;

t.test('a system is in memory if the last mount of its root is', async (t) => {
  t.equal(isInMemory(mounted('tmpfs')), true);
  t.equal(isInMemory(`${mounted('rootfs')}\n${mounted('ext4')}\n23 22 0:22 / /run rw - tmpfs tmpfs rw`), false);
});
