interface Target {
  addEventListener?(type: string, listener: () => void): void;
  removeEventListener?(type: string, listener: () => void): void;
}

/**
 * Tells of what happens to the page. Where there is no page, nothing is told.
 *
 * @param onHide the page is hidden, and may never be shown again
 * @param onBack the network, or the page, is back
 * @returns stops it
 */
export function pageEvents(onHide: () => void, onBack: () => void): () => void {
  const page = globalThis as unknown as Target & { readonly document?: Target & { readonly visibilityState: string } };
  const { document } = page;
  const onVisibility = (): void => (document?.visibilityState === 'hidden' ? onHide() : onBack());
  const pairs: readonly (readonly [Target | undefined, string, () => void])[] = [
    [document, 'visibilitychange', onVisibility],
    [page, 'pagehide', onHide],
    [page, 'online', onBack],
  ];
  for (const [target, type, listener] of pairs) target?.addEventListener?.(type, listener);
  return () => {
    for (const [target, type, listener] of pairs) target?.removeEventListener?.(type, listener);
  };
}
