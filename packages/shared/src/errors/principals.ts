/** Errors about who asks, and with which key. */
export const principalErrors = {
  certificate_required: {
    status: 401,
    message: 'This route needs a client certificate of this coordinator, and the coordinator accepted none: {reason}.',
    hint: 'On a node, join first: `picket-agent join`. As an operator, use the context file that `picket-coordinator init` wrote.',
  },
  not_permitted: {
    status: 403,
    message: 'The {principal} may not do this: {needs} is needed.',
    hint: 'Use the context of an operator with that role. An admin makes such an operator with `picket operator create NAME --role ROLE`, and changes a role with `picket operator role NAME ROLE`.',
  },
  login_unknown: {
    status: 401,
    message: 'The login string {tokenId} is unknown to this coordinator, or its secret is wrong.',
    hint: 'Paste the whole string again. A newer one replaces it: ask an admin for `picket operator invite NAME`.',
  },
  login_expired: {
    status: 401,
    message: 'The login string {tokenId} has not been valid since {expiredAt}.',
    hint: 'Ask an admin for another one: `picket operator invite NAME`.',
  },
  login_used: {
    status: 401,
    message: 'The login string {tokenId} was already used at {usedAt}.',
    hint: 'If you did not use it, somebody else did: have an admin run `picket operator revoke NAME` at once. Otherwise ask for another one: `picket operator invite NAME`.',
  },
  last_admin: {
    status: 409,
    message: 'The operator {name} is the last admin with a valid certificate.',
    hint: 'First let another admin log in: `picket operator create OTHER --role admin`, then `picket login` with the login string that it prints.',
  },
  installer_missing: {
    status: 404,
    message: 'This coordinator has no agent to hand out: it did not find the files for nodes.',
    hint: 'In a checkout, run `npm run build` and restart the coordinator. Otherwise set installDir in coordinator.yml to the folder with these files.',
  },
  identity_superseded: {
    status: 401,
    message: 'The key is generation {generation} of node {nodeId}, which has a newer key.',
    hint: 'If this machine is a copy of another, switch it off. If this is the right machine with an older copy of its disk, run `picket token create CLUSTER --member NAME`, and here `picket-agent join --again` with that join string.',
  },
  identity_frozen: {
    status: 403,
    message: 'Node {nodeId} has got no certificates since {frozenAt}: {reason}.',
    hint: 'etcd keeps running. Find the copy of this node and switch it off, then run `picket node unfreeze {nodeId}`. Or join the right machine again with a new token.',
  },
  identity_not_frozen: {
    status: 409,
    message: 'Node {nodeId} is not frozen.',
    hint: '`picket node list` shows which nodes are frozen.',
  },
  identity_key_used: {
    status: 409,
    message: 'The key of this request was the identity of a node before.',
    hint: 'A renewal needs a new key, which the agent makes. To keep the same key, join again.',
  },
  key_unknown: {
    status: 401,
    message: 'This coordinator knows no node with this key.',
    hint: 'Join with a new token. If the coordinator was restored from a backup, the node may have joined after that backup.',
  },
} as const;
