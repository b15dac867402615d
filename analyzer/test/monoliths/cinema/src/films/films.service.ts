import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Cron, CronExpression } from '@nestjs/schedule';
import { DataSource, Repository } from 'typeorm';
import { Film } from './film.entity';
import { Ticket, TicketSale } from '../tickets/ticket.entity';
@Injectable()
export class FilmsService {
  constructor(@InjectRepository(Film) private readonly films: Repository<Film>, private readonly source: DataSource) {}
  list() { return this.films.find({ relations: ['tickets'] }); }
  sold() { return this.films.createQueryBuilder('f').leftJoinAndSelect('f.tickets', 't').getMany(); }
  buy(id: number) {
    return this.source.transaction(async (manager) => {
      await manager.save(Ticket, { id });
      await manager.getRepository(TicketSale).insert({ id });
    });
  }
  @Cron(CronExpression.EVERY_HOUR) async expire() { await this.source.query('DELETE FROM tickets WHERE id = $1', [1]); }
}
