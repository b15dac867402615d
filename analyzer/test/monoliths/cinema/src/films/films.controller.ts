import { Controller, Get, Post, Param } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { FilmsService } from './films.service';
@Controller({ path: ['films', 'movies'], version: '1' })
export class FilmsController {
  constructor(private readonly service: FilmsService) {}
  @Get() all() { return this.service.list(); }
  @Post(':id/tickets') buy(@Param('id') id: string) { return this.service.buy(Number(id)); }
  @OnEvent('film.released') released() { return this.service.sold(); }
}
