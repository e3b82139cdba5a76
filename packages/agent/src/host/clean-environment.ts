/** What programs are started with: nothing of the agent's own environment, where a join string may be (R11). */
export const cleanEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } as const;
