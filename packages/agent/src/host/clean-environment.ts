/**
 * The environment for programs that the agent starts. It holds nothing of the agent's own, which may include a join
 * string (R11).
 */
export const cleanEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } as const;
