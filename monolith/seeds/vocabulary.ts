/** The words that seeded rows are made of. Order matters: reordering a list changes every seeded database. */
export const FIRST_NAMES = [
  'Ada', 'Bela', 'Carla', 'Dmitri', 'Elif', 'Farid', 'Greta', 'Hanna', 'Ivo', 'Jamal', 'Katja', 'Lars', 'Mina', 'Noor', 'Otto', 'Paula',
  'Quentin', 'Rosa', 'Sven', 'Tomasz', 'Uma', 'Viktor', 'Wanda', 'Ximena', 'Yusuf', 'Zoe', 'Ingrid', 'Marek', 'Leila', 'Pavel', 'Nina',
] as const;

export const LAST_NAMES = [
  'Adler', 'Bauer', 'Castro', 'Dahl', 'Eriksen', 'Fischer', 'Garcia', 'Hoang', 'Ivanova', 'Jensen', 'Kaya', 'Lindqvist', 'Moreau', 'Novak',
  'Okafor', 'Petrov', 'Quint', 'Rossi', 'Sato', 'Tanaka', 'Ueda', 'Vogel', 'Weiss', 'Xu', 'Yilmaz', 'Zimmer', 'Hughes', 'Murphy', 'Silva',
] as const;

/** Top-level shelf → its categories with the nouns sold there. */
export const SHELVES: readonly { name: string; categories: readonly { name: string; nouns: readonly string[] }[] }[] = [
  {
    name: 'Kitchen',
    categories: [
      { name: 'Tea', nouns: ['Assam', 'Darjeeling', 'Sencha', 'Oolong', 'Rooibos'] },
      { name: 'Coffee', nouns: ['Espresso Beans', 'Filter Coffee', 'Cold Brew', 'Decaf'] },
      { name: 'Cookware', nouns: ['Pan', 'Casserole', 'Wok', 'Stockpot'] },
      { name: 'Knives', nouns: ['Paring Knife', 'Bread Knife', 'Santoku', 'Steel'] },
    ],
  },
  {
    name: 'Garden',
    categories: [
      { name: 'Seeds', nouns: ['Tomato Seeds', 'Basil Seeds', 'Sunflower Seeds', 'Pea Seeds'] },
      { name: 'Tools & Gloves', nouns: ['Trowel', 'Secateurs', 'Gloves', 'Rake'] },
      { name: 'Pots', nouns: ['Terracotta Pot', 'Window Box', 'Saucer'] },
    ],
  },
  {
    name: 'Books',
    categories: [
      { name: 'Crime', nouns: ['Mystery', 'Casebook', 'Thriller'] },
      { name: 'Travel', nouns: ['Guide', 'Atlas', 'Phrasebook'] },
      { name: 'Cooking', nouns: ['Cookbook', 'Baking Primer', 'Pickling Handbook'] },
    ],
  },
  {
    name: 'Home',
    categories: [
      { name: 'Lighting', nouns: ['Desk Lamp', 'Lantern', 'Pendant', 'Candle'] },
      { name: 'Textiles', nouns: ['Blanket', 'Cushion', 'Towel', 'Apron'] },
      { name: 'Storage', nouns: ['Basket', 'Shelf', 'Jar', 'Crate'] },
    ],
  },
  {
    name: 'Outdoors',
    categories: [
      { name: 'Camping', nouns: ['Tent', 'Sleeping Mat', 'Stove', 'Headlamp'] },
      { name: 'Cycling', nouns: ['Bell', 'Pannier', 'Pump', 'Lock'] },
    ],
  },
];

export const ADJECTIVES = [
  'Plain', 'Organic', 'Handmade', 'Copper', 'Nordic', 'Compact', 'Classic', 'Travel', 'Double', 'Rustic', 'Blue', 'Amber', 'Sturdy', 'Light',
] as const;

export const PRODUCT_PHRASES = [
  'Made to last.', 'A favourite of our own staff.', 'From a family workshop.', 'Comes in recycled packaging.', 'Now with a better handle.',
  'Small batch, limited supply.', 'Won a regional prize.', 'Easy to clean.',
] as const;

/** Endings of prices in cents. Shops like 90 and 95; with 5, 15 or 25 % off those give half cents. */
export const PRICE_ENDINGS = [0, 50, 90, 90, 90, 95, 95, 99, 99, 49] as const;

export const REVIEW_TITLES: Readonly<Record<number, readonly string[]>> = {
  1: ['Broke in a week', 'Not as described', 'Disappointed'],
  2: ['Could be better', 'Meh'],
  3: ['It is fine', 'Does what it says', 'Average'],
  4: ['Good value', 'Nearly perfect', 'Would buy again'],
  5: ['Love it', 'Best I have had', 'A wonderful gift'],
};

export const REVIEW_BODIES = [
  '', 'Arrived quickly and well packed.', 'The colour is a little darker than in the picture.', 'My neighbour wants one too.',
  'I use it every day.', 'Had to ask support, who were kind.', 'Bought it twice already.',
] as const;

export const CARRIERS = ['DHL', 'DPD', 'GLS', 'PostNL'] as const;
