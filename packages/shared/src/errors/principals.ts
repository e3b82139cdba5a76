import { conflict, forbidden, notFound, unauthorized } from './by-status.ts';
/** Errors about who asks, and with which key. */
export const principalErrors = {
  certificate_required: unauthorized(
    'This route needs a client certificate of this coordinator, and the coordinator accepted none: {reason}.',
    'On a node, join first: `picket-agent join`. As an operator, use the context file that `picket-coordinator init` wrote.',
  ),
  not_permitted: forbidden(
    'The {principal} may not do this: {needs} is needed.',
    'Use the context of an operator with that role. An admin makes such an operator with `picket operator create NAME --role ROLE`, and changes a role with `picket operator role NAME ROLE`.',
  ),
  login_unknown: unauthorized(
    'The login string {tokenId} is unknown to this coordinator, or its secret is wrong.',
    'Paste the whole string again. A newer one replaces it: ask an admin for `picket operator invite NAME`.',
  ),
  login_expired: unauthorized(
    'The login string {tokenId} has not been valid since {expiredAt}.',
    'Ask an admin for another one: `picket operator invite NAME`.',
  ),
  login_used: unauthorized(
    'The login string {tokenId} was already used at {usedAt}.',
    'If you did not use it, somebody else did: have an admin run `picket operator revoke NAME` at once. Otherwise ask for another one: `picket operator invite NAME`.',
  ),
  last_admin: conflict(
    'The operator {name} is the last admin with a valid certificate.',
    'First let another admin log in: `picket operator create OTHER --role admin`, then `picket login` with the login string that it prints.',
  ),
  installer_missing: notFound(
    'This coordinator has no agent to hand out: it did not find the files for nodes.',
    'In a checkout, run `npm run build` and restart the coordinator. Otherwise set installDir in coordinator.yml to the folder with these files.',
  ),
  identity_superseded: unauthorized(
    'The key is generation {generation} of node {nodeId}, which has a newer key.',
    'If this machine is a copy of another, switch it off. If this is the right machine with an older copy of its disk, run `picket token create CLUSTER --member NAME`, and here `picket-agent join --again` with that join string.',
  ),
  identity_frozen: forbidden(
    'Node {nodeId} has got no certificates since {frozenAt}: {reason}.',
    'etcd keeps running. Find the copy of this node and switch it off, then run `picket node unfreeze {nodeId}`. Or join the right machine again with a new token.',
  ),
  identity_not_frozen: conflict(
    'Node {nodeId} is not frozen.',
    'No action needed. `picket node list` shows which nodes are frozen.',
  ),
  identity_key_used: conflict(
    'The key of this request was the identity of a node before.',
    'A renewal needs a new key, which the agent makes. To keep the same key, join again.',
  ),
  key_unknown: unauthorized(
    'This coordinator knows no node with this key.',
    'Join with a new token. If the coordinator was restored from a backup, the node may have joined after that backup.',
  ),
} as const;
