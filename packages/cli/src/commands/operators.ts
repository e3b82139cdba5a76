import { failure } from '@picket/shared/errors.ts';
import { didYouMean } from '@picket/shared/etcd-config/did-you-mean.ts';
import type { Role } from '@picket/shared/protocol/roles.ts';
import { Argument, type Command, Option } from 'commander';
import { newName, operatorArgument, ttlSeconds } from '../arguments.ts';
import { confirmName, type Naming, withConfirmation } from '../confirm.ts';
import { invited, operatorTable, revoked, roleChanged } from '../render/operators.ts';
import type { Shell } from '../shell.ts';

interface TtlOptions {
  readonly ttl?: number;
}

const roles: readonly Role[] = ['viewer', 'operator', 'admin'];
const ttlOption = ['--ttl <duration>', 'how long the login string is valid, such as 1h or 2d (default: 1d)'] as const;

/** `picket operator …` */
export function operatorCommands(program: Command, shell: Shell): void {
  const operator = program.command('operator').description('create, list, change and revoke operators');
  operator
    .command('create')
    .description('create an operator, and make the login string with which that operator runs `picket login`')
    .argument('<name>', 'the name of the operator', newName(operatorArgument))
    .addOption(new Option('--role <role>', 'what the operator may do').choices(roles).makeOptionMandatory())
    .option(...ttlOption, ttlSeconds)
    .action((name: string, { role, ttl }: TtlOptions & { readonly role: Role }) =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.createOperator({ body: { name, role, ttlSeconds: ttl } }), invited);
      }),
    );
  operator
    .command('invite')
    .description('make a login string for an existing operator, for another machine or a new certificate')
    .argument('<name>', 'the operator', operatorArgument)
    .option(...ttlOption, ttlSeconds)
    .action((name: string, { ttl }: TtlOptions) =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.inviteOperator({ name, body: { ttlSeconds: ttl } }), invited);
      }),
    );
  operator
    .command('list')
    .description('list the operators, their roles, and when their certificates end')
    .action(() =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.list('operators', {}), ({ items }) => operatorTable(items, shell.times()));
      }),
    );
  operator
    .command('role')
    .description('change the role of an operator, from the next request on')
    .argument('<name>', 'the operator', operatorArgument)
    .addArgument(new Argument('<role>', 'what the operator may do').choices(roles))
    .action((name: string, role: Role) =>
      shell.withCoordinator(async (api) => {
        shell.show(await api.changeOperator({ name, body: { role } }), roleChanged);
      }),
    );
  const revoke = operator
    .command('revoke')
    .description('remove an operator and revoke its certificates, at once; its join tokens end too')
    .argument('<name>', 'the operator', operatorArgument);
  withConfirmation(revoke, 'the operator').action((name: string, naming: Naming) =>
    shell.withCoordinator(async (api) => {
      const { items } = await api.list('operators', {});
      const names = items.map((one) => one.name);
      if (!names.includes(name)) throw failure('not_found', { what: 'operator', name, near: didYouMean(name, names) });
      const question = 'Type the name of the operator to revoke it';
      await confirmName(shell.io, naming, { question, name, what: `The operator ${name}` });
      await api.revokeOperator({ name });
      shell.show({ name }, () => revoked(name));
    }),
  );
}
