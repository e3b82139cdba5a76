/** Programs with their arguments, in order. */
type Commands = readonly (readonly [program: string, ...args: string[]])[];

/** The programs that a system can have for this: `useradd` of shadow (Debian), or `adduser` of busybox (Alpine). */
type UserTool = 'useradd' | 'adduser';

export interface SystemUser {
  /** Also the name of its group. */
  readonly user: string;
  /** Named for it, and not made. */
  readonly home: string;
  /** The system has a group of this name already. */
  readonly hasGroup: boolean;
}

/** How a system user and its group are made: without a home folder, a password and a login shell. Pure. */
export function userCommands(tool: UserTool, { user, home, hasGroup }: SystemUser): Commands {
  if (tool === 'useradd') {
    const group = hasGroup ? ['--gid', user] : ['--user-group'];
    const shell = '/usr/sbin/nologin';
    return [['useradd', '--system', ...group, '--home-dir', home, '--no-create-home', '--shell', shell, user]];
  }
  const names = ['-h', home, '-s', '/sbin/nologin', '-G', user, '-g', user, user];
  const adduser = ['adduser', '-S', '-D', '-H', ...names] as const;
  return hasGroup ? [adduser] : [['addgroup', '-S', user], adduser];
}
