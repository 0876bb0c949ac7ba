import { useEffect, useState } from 'preact/hooks';

/** What the page shows; in the fragment of its address, so that it can be bookmarked and gone back to. */
export type Route =
  | { readonly page: 'runs' }
  | { readonly page: 'run'; readonly runId: string }
  | { readonly page: 'new'; readonly from: string | undefined }
  | { readonly page: 'compare'; readonly left: string; readonly right: string };

/** Reads a fragment; whatever is unknown shows the list. */
export function parseRoute(fragment: string): Route {
  const [name, first, second] = fragment.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
  if (name === 'run' && first) return { page: 'run', runId: first };
  if (name === 'new') return { page: 'new', from: first };
  if (name === 'compare' && first && second) return { page: 'compare', left: first, right: second };
  return { page: 'runs' };
}

export function fragmentOf(route: Route): string {
  const parts = ((): (string | undefined)[] => {
    if (route.page === 'run') return [route.runId];
    if (route.page === 'new') return [route.from];
    return route.page === 'compare' ? [route.left, route.right] : [];
  })();
  return `#/${[route.page, ...parts.filter((part) => part !== undefined).map(encodeURIComponent)].join('/')}`;
}

export function goTo(route: Route): void {
  location.hash = fragmentOf(route);
}

export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const follow = () => setFragment(location.hash);
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return parseRoute(fragment);
}
