import ProfileHeap from './heap.ts';

export default class ProfileAllocs extends ProfileHeap {
  static override summary =
    'Take profiles of all that running nodes allocate, also of what is gone.';
  static override description =
    'Samples allocations for a while, those included that were collected meanwhile: who makes the ' +
    'garbage. What lives on at the end is profile heap. The files (.heapprofile) open in Chrome ' +
    'DevTools.';
  static override examples = ['<%= config.bin %> profile allocs n1 --cluster demo -d 10s'];
  static override usage = 'profile allocs NODE...|--all';

  protected override readonly kind = 'allocs';
}
