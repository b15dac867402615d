import { Column, Entity, OneToMany, PrimaryGeneratedColumn } from 'typeorm';
import { Ticket } from '../tickets/ticket.entity';
@Entity({ name: 'films' })
export class Film {
  @PrimaryGeneratedColumn() id: number;
  @Column() title: string;
  @OneToMany(() => Ticket, (ticket) => ticket.film) tickets: Ticket[];
}
