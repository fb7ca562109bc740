/** Asks for leadership to be handed over, and counts how it ended. */
import type { FaultEvent } from './fault-plan.ts';
import type { SimNode } from './sim-node.ts';

export class Transfers {
  readonly #nodes: readonly SimNode[];
  /** By the names of coverage.ts. */
  readonly counts = { 'transfers done': 0, 'transfers failed': 0, 'transfers refused': 0 };

  constructor(nodes: readonly SimNode[]) {
    this.#nodes = nodes;
  }

  ask({ draw, named, misled }: FaultEvent & { readonly type: 'transfer' }): void {
    const nodes = this.#nodes;
    const anybody = nodes[draw % nodes.length] as SimNode;
    const node = misled ? anybody : (nodes.find((n) => n.leads) ?? anybody);
    const { serving } = node;
    if (serving === null) return;
    const target = named ? ((draw >>> 8) % nodes.length) + 1 : null;
    serving.process.post(0, () =>
      serving.replica.transferLeadership(target, ({ outcome }) => {
        if (outcome === 'done') this.counts['transfers done'] += 1;
        else if (outcome === 'refused') this.counts['transfers refused'] += 1;
        else this.counts['transfers failed'] += 1;
      }),
    );
  }
}
