'use strict';
// The page reads without this script. It adds search, keys, and the selection that lives in the URL's hash.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const search = document.getElementById('search');
  const hits = document.getElementById('hits');
  const map = document.querySelector('svg.map');
  const contextLinks = all('nav .contexts a');
  const rows = all('[data-search]').map((element) => ({ element, text: element.textContent.toLowerCase() + ' ' + element.id.toLowerCase() }));
  const groups = all('[data-group]').map((element) => ({ element, title: element.querySelector('summary').textContent.toLowerCase(), wasOpen: undefined }));
  const sections = all('main > section');

  function find(query) {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const searching = words.length > 0;
    document.body.classList.toggle('searching', searching);
    let found = 0;
    const kept = new Set();
    for (const { element, text } of rows) {
      const hit = !searching || words.every((word) => text.includes(word));
      element.classList.toggle('miss', !hit);
      if (hit && searching) {
        if (element.closest('main')) found += 1;
        for (let up = element; up; up = up.parentElement) kept.add(up);
      }
    }
    for (const group of groups) {
      const { element, title } = group;
      const titled = searching && words.every((word) => title.includes(word));
      const keep = !searching || titled || kept.has(element);
      element.classList.toggle('miss', !keep);
      // A context found by its own name shows all that it holds.
      if (titled) for (const inner of all('[data-search].miss', element)) inner.classList.remove('miss');
      if (titled) for (let up = element; up; up = up.parentElement) kept.add(up);
      if (searching && group.wasOpen === undefined) group.wasOpen = element.open;
      if (searching) element.open = kept.has(element) && found <= 400 && !element.matches('[data-search]');
      else if (group.wasOpen !== undefined) { element.open = group.wasOpen; group.wasOpen = undefined; }
    }
    for (const section of sections) section.classList.toggle('miss', searching && !kept.has(section));
    hits.textContent = searching ? (found === 1 ? '1 hit' : found + ' hits') : '';
  }

  let waiting;
  search.addEventListener('input', () => { clearTimeout(waiting); waiting = setTimeout(() => find(search.value), 120); });
  search.form.addEventListener('submit', (event) => { event.preventDefault(); find(search.value); });

  function light(name) {
    for (const link of all('[data-context]')) {
      const current = link.dataset.context === name;
      link.classList.toggle('current', current);
      if (current) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
      link.classList.remove('near');
    }
    if (!map) return;
    map.classList.toggle('selected', name !== undefined);
    const near = new Set();
    for (const arrow of all('.arrow', map)) {
      const lit = name !== undefined && (arrow.dataset.from === name || arrow.dataset.to === name);
      arrow.classList.toggle('lit', lit);
      if (lit) { near.add(arrow.dataset.from); near.add(arrow.dataset.to); }
    }
    for (const node of all('.node', map)) node.classList.toggle('near', near.has(node.dataset.context));
  }

  let selected;
  function select() {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    const fold = target && target.closest('details[id^="context-"]');
    const link = fold && contextLinks.find((one) => one.hash === '#' + fold.id);
    selected = link ? link.dataset.context : undefined;
    light(selected);
    if (!target) return;
    if (document.body.classList.contains('searching') && target.closest('.miss')) { search.value = ''; find(''); }
    for (let up = target; up; up = up.parentElement) if (up.tagName === 'DETAILS') up.open = true;
    // Chapters have no height until they are drawn: scroll once they are.
    requestAnimationFrame(() => requestAnimationFrame(() => target.scrollIntoView({ block: 'start' })));
    if (!target.hasAttribute('tabindex')) target.setAttribute('tabindex', '-1');
    target.focus({ preventScroll: true });
  }
  addEventListener('hashchange', select);

  function step(by) {
    if (contextLinks.length === 0) return;
    const at = contextLinks.findIndex(({ dataset }) => dataset.context === selected);
    const next = contextLinks[at === -1 ? (by > 0 ? 0 : contextLinks.length - 1) : (at + by + contextLinks.length) % contextLinks.length];
    location.hash = next.hash;
  }

  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') { search.value = ''; find(''); search.blur(); if (location.hash) { history.replaceState(null, '', location.pathname + location.search); light(undefined); selected = undefined; } return; }
    if (event.target instanceof Element && event.target.matches('input, textarea, select')) return;
    if (event.key === '/') { event.preventDefault(); search.focus(); search.select(); }
    if (event.key === 'j') step(1);
    if (event.key === 'k') step(-1);
  });

  // The chapter being read is marked in the navigation.
  const chapterLinks = new Map(all('nav .chapters a').map((link) => [link.hash.slice(1), link]));
  const seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      for (const [id, link] of chapterLinks) if (id === target.id) link.setAttribute('aria-current', 'location'); else link.removeAttribute('aria-current');
    }
  }, { rootMargin: '-15% 0px -75% 0px' });
  for (const section of sections) seen.observe(section);
  select();
})();
