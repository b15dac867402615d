import { Module } from '@nestjs/common';
import { FilmsController } from './films/films.controller';
import { FilmsService } from './films/films.service';
@Module({ controllers: [FilmsController], providers: [FilmsService] })
export class AppModule {}
