/** The Network port's contract, held by the transport on TCP. */
import { memberPorts, openTransport } from '../doubles/transport-rig.ts';
import { describeNetwork } from './network-contract.ts';

describeNetwork('TCP', async () => {
  const ports = await memberPorts(3);
  return {
    open: (member) => openTransport(member, ports),
    close: () => Promise.resolve(),
  };
});
