workspace "cinema" "Contexts proposed from the source of the monolith." {
  model {
    clients = person "Clients" "Whoever calls the endpoints."
    monolith = softwareSystem "cinema" "6 modules, 6 endpoints" {
      context_films = container "films" "3 modules, 40 lines, 5 endpoints; confidence 0.24" "Node.js" "Context"
      context_tickets = container "tickets" "1 module, 12 lines, 1 endpoint; confidence 0.00" "Node.js" "Context"
      context_films_tables = container "tables of films" "films, ticket_sale" "Tables" "Database"
      context_tickets_tables = container "tables of tickets" "tickets" "Tables" "Database"
    }
    clients -> context_films "5 endpoints"
    clients -> context_tickets "1 endpoint"
    context_films -> context_films_tables "owns"
    context_tickets -> context_tickets_tables "owns"
    context_films -> context_tickets "2 imports, 2 writes, 2 joins, 1 transaction" "cost 25" "Shared data"
    context_tickets -> context_films "1 import, 1 foreign key" "cost 2.5" "Cut"
  }
  views {
    container monolith "contexts" {
      include *
      autolayout lr
    }
    styles {
      element "Database" {
        shape cylinder
      }
      element "Library" {
        shape component
      }
      relationship "Shared data" {
        thickness 4
        style solid
      }
    }
  }
}
