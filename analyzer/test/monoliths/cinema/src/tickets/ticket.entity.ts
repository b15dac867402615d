import { Entity, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { Film } from '../films/film.entity';
@Entity()
export class TicketSale {
  @PrimaryColumn() id: number;
}
@Entity('tickets')
export class Ticket {
  @PrimaryColumn() id: number;
  @ManyToOne(() => Film, { onDelete: 'CASCADE' }) @JoinColumn({ name: 'film_id' }) film: Film;
}
