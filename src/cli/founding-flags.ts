/** Flags that make a node's data directory: as a founding member, or as one that joins. */
import { Flags } from '@oclif/core';

export const insecureBindFlag = Flags.boolean({
  summary: 'Serve plain ports on addresses that other machines reach.',
  env: 'RAFTCTL_INSECURE_BIND',
});

export const foundingFlags = {
  bootstrap: Flags.boolean({
    summary: 'Make the data directory of a founding member first.',
    dependsOn: ['data-dir', 'id', 'initial-cluster', 'secret-file'],
    env: 'RAFTCTL_BOOTSTRAP',
  }),
  id: Flags.string({
    summary: "The new founding node's name.",
    dependsOn: ['bootstrap'],
    env: 'RAFTCTL_ID',
  }),
  join: Flags.string({
    summary: 'Admin address of any member: become a new member of its cluster first.',
    helpValue: 'HOST:PORT',
    dependsOn: ['data-dir', 'member', 'secret-file'],
    exclusive: ['bootstrap'],
    env: 'RAFTCTL_JOIN',
  }),
  member: Flags.string({
    summary: "The joining node's name and its client, peer and admin ports.",
    helpValue: 'NAME=HOST:CLIENT:PEER:ADMIN',
    dependsOn: ['join'],
    env: 'RAFTCTL_MEMBER',
  }),
  learner: Flags.boolean({
    summary: 'Join without ever becoming a voter.',
    dependsOn: ['join'],
    env: 'RAFTCTL_LEARNER',
  }),
  'initial-cluster': Flags.string({
    summary: 'All founding members.',
    helpValue: 'NAME=HOST:CLIENT:PEER:ADMIN,...',
    dependsOn: ['bootstrap'],
    env: 'RAFTCTL_INITIAL_CLUSTER',
  }),
  'secret-file': Flags.string({
    summary: 'File with the secret that all nodes share, in hex.',
    helpValue: 'FILE',
    dependsOn: ['data-dir'],
    env: 'RAFTCTL_SECRET_FILE',
  }),
  'cluster-id': Flags.string({
    summary: '32 hex digits. [default: made of the list of members]',
    dependsOn: ['bootstrap'],
    env: 'RAFTCTL_CLUSTER_ID',
  }),
  'tls-dir': Flags.string({
    summary: "Folder with the node's certificate, made by raftctl tls init: serve nobody without.",
    helpValue: 'DIR',
    dependsOn: ['data-dir'],
    env: 'RAFTCTL_TLS_DIR',
  }),
  'insecure-bind': insecureBindFlag,
};
