import { useLayoutEffect, useRef } from 'preact/hooks';
import { ComparePage } from './comparePage.js';
import { NewRunPage } from './newRunPage.js';
import { fragmentOf, type Route, useRoute } from './route.js';
import { RunPage } from './runPage.js';
import { RunsPage } from './runsPage.js';
import { fetchCloud } from './server.js';
import { useAsked } from './useAsked.js';

const titles: Readonly<Record<Route['page'], string>> = {
  runs: 'Runs',
  run: 'Run',
  new: 'New run',
  compare: 'Comparison',
};

/** The dashboard: a head that stays, and the page that the address names. */
export function App() {
  const route = useRoute();
  const { value: cloud } = useAsked('cloud', fetchCloud);
  const place = useRef<HTMLElement>(null);
  const address = fragmentOf(route);
  const shown = useRef(address);
  // Before the page is painted: a Tab pressed at once begins in it.
  useLayoutEffect(() => {
    document.title = `${route.page === 'run' ? route.runId : titles[route.page]} – Muster`;
    if (shown.current === address) return;
    // Who reads by ear, or goes by keyboard, is to begin at the new page.
    shown.current = address;
    place.current?.focus();
    scrollTo(0, 0);
  }, [address, route]);
  const skip = (event: Event) => {
    event.preventDefault();
    place.current?.focus();
  };
  return (
    <>
      <a class="skip" href={address} onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <nav aria-label="Dashboard">
          <a class="brand" href="#/runs">
            Muster
          </a>
          <a href="#/runs" aria-current={route.page === 'runs' ? 'page' : undefined}>
            Runs
          </a>
          <a href="#/new" aria-current={route.page === 'new' ? 'page' : undefined}>
            New run
          </a>
        </nav>
        <p class="cloud">{cloud?.title}</p>
      </header>
      <main ref={place} tabIndex={-1}>
        <Page route={route} live={cloud?.kind === 'aws' ? 15_000 : 3_000} />
      </main>
    </>
  );
}

function Page({ route, live }: { route: Route; live: number }) {
  switch (route.page) {
    case 'runs':
      return <RunsPage everyMs={live} />;
    case 'run':
      return <RunPage key={route.runId} runId={route.runId} />;
    case 'new':
      return <NewRunPage key={route.from} from={route.from} />;
    case 'compare':
      return <ComparePage left={route.left} right={route.right} />;
  }
}
